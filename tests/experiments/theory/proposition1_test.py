import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from experiments.theory import proposition1
from smoothing_tf.smoothing import SMOOTHINGS

tfd = tfp.distributions


class Polynomial:
    """log p = x^power, which need not be normalized to be expanded."""

    def __init__(self, power: int):
        self.power = power

    def log_prob(self, x):
        return x**self.power


@pytest.mark.parametrize("kernel", SMOOTHINGS)
def test_there_is_no_error_for_a_quadratic(kernel):
    normal = tfd.Normal(tf.constant(0.3, tf.float64), 0.7)
    assert proposition1.approximation_error(normal, kernel, 0.1) < 1e-12


# The textbooks' values.
KURTOSIS = {"gaussian": 3.0, "laplace": 6.0, "uniform": 1.8}


@pytest.mark.parametrize("kernel", SMOOTHINGS)
def test_the_error_for_a_quartic_is_the_fourth_moment_of_the_noise(kernel):
    # E (x + e)^4 = x^4 + 6 x^2 eta + E e^4, and eta / 2 (x^4)'' = 6 x^2 eta.
    error = proposition1.approximation_error(Polynomial(4), kernel, 0.01)
    if kernel in KURTOSIS:
        assert error == pytest.approx(KURTOSIS[kernel] * 0.01**2, rel=1e-6)
    noise = SMOOTHINGS[kernel](0.1).distribution(tf.zeros([1, 1], tf.float64))
    fourth = noise.sample(200_000, seed=[1, 2]).numpy() ** 4
    assert error == pytest.approx(fourth.mean(), rel=0.1)


def test_the_order_is_two_for_all_kernels_and_densities(tmp_path):
    result = proposition1.run(tmp_path, quick=True, cells=None)
    table = result.tables["table"]
    assert {row["kernel"] for row in table.rows} == set(SMOOTHINGS)
    num_pairs = len(SMOOTHINGS) * len(proposition1._models())
    assert len(table.criteria) == len(table.rows) == num_pairs
    for row, criterion in zip(table.rows, table.criteria, strict=True):
        assert abs(row["order"] - 2.0) < 0.2
        assert criterion.value == row["order"]
        assert criterion.holds
        assert (criterion.minimum, criterion.maximum) == (1.8, 2.2)
    assert result.figures["figure"].startswith(b"\x89PNG")


def test_a_whole_run_asks_for_more(tmp_path, monkeypatch):
    # An order in between.
    monkeypatch.setattr(
        proposition1, "approximation_error", lambda model, kernel, eta: eta**2.15
    )
    for quick in (True, False):
        result = proposition1.run(tmp_path, quick=quick, cells=None)
        assert {c.holds for c in result.tables["table"].criteria} == {quick}


def test_another_order_fails(tmp_path, monkeypatch):
    # An error of order 1.
    monkeypatch.setattr(
        proposition1, "approximation_error", lambda model, kernel, eta: 3.0 * eta
    )
    result = proposition1.run(tmp_path, quick=True, cells=None)
    assert not any(c.holds for c in result.tables["table"].criteria)
