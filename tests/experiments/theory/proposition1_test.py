"""The error of the expansion is known for polynomials, and its order is measured."""

import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from experiments.job import Job
from experiments.theory import proposition1
from smoothing_tf.smoothing import SMOOTHINGS

tfd = tfp.distributions


class Polynomial:
    """log p = x^power; the expansion does not need a normalized density."""

    def __init__(self, power: int):
        self.power = power

    def log_prob(self, x):
        return x**self.power


@pytest.mark.parametrize("kernel", SMOOTHINGS)
def test_there_is_no_error_for_a_quadratic(kernel):
    normal = tfd.Normal(tf.constant(0.3, tf.float64), 0.7)
    assert proposition1.approximation_error(normal, kernel, 0.1) < 1e-12


# Textbook values.
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
    result = proposition1.run(Job(tmp_path, quick=True))
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


def test_a_full_run_has_tighter_criteria(tmp_path, monkeypatch):
    # This order meets the quick criterion only.
    monkeypatch.setattr(
        proposition1, "approximation_error", lambda model, kernel, eta: eta**2.15
    )
    for quick in (True, False):
        result = proposition1.run(Job(tmp_path, quick=quick))
        assert {c.holds for c in result.tables["table"].criteria} == {quick}


def test_an_order_of_one_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(
        proposition1, "approximation_error", lambda model, kernel, eta: 3.0 * eta
    )
    result = proposition1.run(Job(tmp_path, quick=True))
    assert not any(c.holds for c in result.tables["table"].criteria)
