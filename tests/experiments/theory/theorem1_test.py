"""Both sides of Theorem 1 are correct on their own, and its premises are needed."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from experiments.job import Job
from experiments.theory import theorem1
from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.smoothing import SMOOTHINGS, Gaussian

tfd = tfp.distributions

ALL = theorem1.densities()
# Points whose spacing is finer than the narrowest density and no multiple of its own.
X = np.linspace(-1.4, 1.4, 401)


class Unnormalized(Gaussian):
    """A density of mass 1.02."""

    def distribution(self, x):
        noise = super().distribution(x)
        log_prob = noise.log_prob
        noise.log_prob = lambda value: log_prob(value) + np.log(1.02)
        return noise


class NotStationary(Gaussian):
    """Noise that is narrower away from x = 0."""

    def coordinate_distribution(self, x):
        return tfd.Normal(x, self.noise_scale / (1.0 + (x / 0.1) ** 2))


class Shrinking(Gaussian):
    """Noise around 0.7 x."""

    def coordinate_distribution(self, x):
        return tfd.Normal(0.7 * x, self.noise_scale)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # The largest derivative is found on a fine grid.
        ("two Gaussians", None),
        ("triangle", 1.0),
    ],
)
def test_the_lipschitz_constant_is_the_largest_derivative(name, expected):
    if expected is None:
        x = np.linspace(-0.6, 0.0, 1_000_001)
        slope = sum(
            0.5 * scipy.stats.norm.pdf(x, mean, scale) * (mean - x) / scale**2
            for mean, scale in ((-0.3, 0.1), (0.4, 0.2))
        )
        expected = np.abs(slope).max()
    assert theorem1.lipschitz_constant(ALL[name]) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ALL)
def test_edges_enclose_the_density_and_pieces_between_them_are_smooth(name):
    density = ALL[name]
    nodes, weights = np.polynomial.legendre.leggauss(theorem1._NUM_NODES)
    half = np.diff(density.edges)[:, None] / 2.0
    x = density.edges[:-1, None] + half * (1.0 + nodes)
    prob = density.prob(tf.constant(x.reshape(-1))).numpy().reshape(x.shape)
    assert (half * weights * prob).sum() == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("noise_scale", [0.001, 0.03, 1.0])
def test_gaussian_smoothing_matches_the_closed_form(noise_scale):
    expected = DENSITIES["spikes"](tf.float64).smoothed(noise_scale).prob(X[:, None])
    actual = theorem1.smoothed_prob(ALL["spikes"], Gaussian(noise_scale), X)
    np.testing.assert_allclose(actual, expected, atol=1e-9)


@pytest.mark.parametrize("kernel", SMOOTHINGS)
def test_smoothing_adds_the_variance_of_the_kernel(kernel):
    x = np.linspace(-13.0, 13.0, 2001)
    step = x[1] - x[0]
    smoothed = theorem1.smoothed_prob(ALL["triangle"], SMOOTHINGS[kernel](0.5), x)
    assert step * smoothed.sum() == pytest.approx(1.0, abs=1e-6)
    assert step * (x * smoothed).sum() == pytest.approx(0.0, abs=1e-6)
    # The triangle's variance is 1/6.
    variance = step * (x**2 * smoothed).sum()
    assert variance == pytest.approx(1.0 / 6.0 + 0.25, rel=1e-4)


def test_the_steepest_slope_of_a_smoothed_density_is_found():
    # The smoothed density is Gaussian: its slope is largest at one standard deviation.
    normal = tfd.Normal(np.float64(0.0), np.float64(0.3))
    density = theorem1.Density(normal.prob, np.linspace(-3.0, 3.0, 11))
    expected = np.exp(-0.5) / (0.5**2 * np.sqrt(2.0 * np.pi))
    found = theorem1.smoothed_lipschitz_constant(density, Gaussian(0.4))
    assert found == pytest.approx(expected, rel=1e-4)
    assert found < expected


def test_the_theorem_holds_in_every_row(tmp_path):
    result = theorem1.run(Job(tmp_path, quick=True))
    table = result.tables["table"]
    assert {row["kernel"] for row in table.rows} == set(SMOOTHINGS)
    assert {row["density"] for row in table.rows} == set(ALL)
    assert table.criteria[0].maximum <= 1.0 + 1e-6
    assert table.criteria[0].holds
    assert min(row["ratio"] for row in table.rows) < 0.01
    assert result.figures["figure"].startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("noise", "premise"),
    [
        (Unnormalized, "integral of 1 over x~; got 1.02"),
        (NotStationary, "NotStationary must be stationary"),
        (Shrinking, "Shrinking must be stationary"),
    ],
)
def test_without_its_premises_the_experiment_is_refused(
    noise, premise, tmp_path, monkeypatch
):
    monkeypatch.setattr(theorem1, "densities", lambda: {"triangle": ALL["triangle"]})
    monkeypatch.setattr(theorem1, "SMOOTHINGS", {"noise": noise})
    with pytest.raises(ValueError, match=premise):
        theorem1.run(Job(tmp_path, quick=True))


@pytest.mark.parametrize("noise", [Unnormalized, NotStationary])
def test_without_its_premises_the_inequality_fails(noise, monkeypatch):
    # So the ratio does test the theorem, and the check of the premises is needed.
    monkeypatch.setattr(theorem1, "check_kernel", lambda *_: None)
    triangle = ALL["triangle"]
    ratio = theorem1.smoothed_lipschitz_constant(triangle, noise(0.01))
    assert ratio / theorem1.lipschitz_constant(triangle) > 1.01
