"""The premises of the theory are checked on the density itself."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from experiments.theory.kernel_check import check_kernel
from experiments.theory.noise_quadrature import noise_rule
from smoothing_tf.smoothing import SMOOTHINGS, Smoothing

tfd = tfp.distributions

# Name -> distribution of the noise around x, of a scale.
SOUND = {
    "Cauchy": lambda x, scale: tfd.Cauchy(x, scale),
    "Student": lambda x, scale: tfd.StudentT(np.float64(3.0), x, scale),
    "logistic": lambda x, scale: tfd.Logistic(x, scale),
    "ten times narrower than it says": lambda x, scale: tfd.Normal(x, 0.1 * scale),
    "two bumps": lambda x, scale: _mixture(tfd.Normal, x, scale, (-3.0, 3.0), 0.5),
    "two boxes": lambda x, scale: _mixture(_box, x, scale, (-2.0, 2.0), 0.5),
}
UNSOUND = {
    "shrinking": (lambda x, scale: tfd.Normal(0.7 * x, scale), "must be stationary"),
    "wider far out": (
        lambda x, scale: tfd.Normal(x, scale * (1.0 + 0.01 * tf.abs(x))),
        "must be stationary",
    ),
    "around 0": (lambda x, scale: tfd.Normal(0.0 * x, scale), "must be stationary"),
    "around a multiple of 0.05": (
        lambda x, scale: tfd.Normal(tf.round(20.0 * x) / 20.0, scale),
        "must be stationary",
    ),
    "as wide as a wave says": (
        lambda x, scale: tfd.Normal(
            x, scale * (1.0 + 0.1 * tf.sin(2.0 * np.pi * x / 0.5))
        ),
        "must be stationary",
    ),
    "shifted": (lambda x, scale: tfd.Normal(x + 0.5 * scale, scale), "be symmetric"),
    "shifted far": (
        lambda x, scale: tfd.Normal(x + 1e3 * scale, scale),
        "be symmetric",
    ),
    "exponential": (
        lambda x, scale: tfd.TransformedDistribution(
            tfd.Exponential(
                tf.ones_like(x) / scale, force_probs_to_zero_outside_support=True
            ),
            tfp.bijectors.Shift(x),
        ),
        "be symmetric",
    ),
    "two weights": (
        lambda x, scale: _mixture(tfd.Normal, x, scale, (-3.0, 3.0), 0.501),
        "be symmetric",
    ),
}


def _mixture(component, x, scale, centers, weight):
    return tfd.MixtureSameFamily(
        tfd.Categorical(probs=tf.constant([weight, 1.0 - weight], tf.float64)),
        component(x[..., None] + scale * np.array(centers), scale),
    )


def _box(center, scale):
    return tfd.Uniform(center - 0.3 * scale, center + 0.3 * scale)


class Noise(Smoothing):
    def __init__(self, noise_scale, build, factor=1.0):
        super().__init__(noise_scale)
        self._build = build
        self._log_factor = np.log(factor)

    def coordinate_distribution(self, x):
        return self._build(x, np.float64(self.noise_scale))

    def distribution(self, x):
        noise = super().distribution(x)
        log_prob = noise.log_prob
        noise.log_prob = lambda value: log_prob(value) + self._log_factor
        return noise


@pytest.mark.parametrize("noise_scale", [1e-3, 2.0])
@pytest.mark.parametrize("kernel", SMOOTHINGS)
def test_kernels_of_the_library_pass(kernel, noise_scale):
    check_kernel(SMOOTHINGS[kernel](noise_scale))


@pytest.mark.parametrize("noise_scale", [1e-3, 2.0])
@pytest.mark.parametrize("name", SOUND)
def test_other_sound_kernels_pass(name, noise_scale):
    check_kernel(Noise(noise_scale, SOUND[name]))


@pytest.mark.parametrize("noise_scale", [0.01, 2.0])
@pytest.mark.parametrize("name", UNSOUND)
def test_unsound_kernels_are_rejected(name, noise_scale):
    build, message = UNSOUND[name]
    with pytest.raises(ValueError, match=message):
        check_kernel(Noise(noise_scale, build))


def test_quadrature_rejects_unsound_kernels():
    with pytest.raises(ValueError, match="must be stationary"):
        noise_rule(Noise(0.01, UNSOUND["shrinking"][0]))


@pytest.mark.parametrize("factor", [0.5, 0.9999, 1.0001, 3.0])
@pytest.mark.parametrize("name", ["Cauchy", "two boxes", "logistic"])
def test_a_mass_other_than_one_is_rejected_and_reported(name, factor):
    with pytest.raises(ValueError, match=f"integral of 1 over x~; got {factor:.6g}"):
        check_kernel(Noise(0.3, SOUND[name], factor))


def test_a_density_that_is_not_a_number_is_rejected():
    with pytest.raises(ValueError, match="must be finite; got nan at x = 0"):
        check_kernel(Noise(1.0, lambda x, scale: tfd.Normal(x, scale), np.nan))
