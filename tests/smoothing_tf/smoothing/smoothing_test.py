"""Smoothing by configuration."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.smoothing import (
    SMOOTHINGS,
    Gaussian,
    NoiseStream,
    Smoothing,
    SmoothingConfig,
    make_smoothing,
)
from tests.testing.smoothing_contract import SmoothingContract

tfd = tfp.distributions


class Logistic(Smoothing):
    """A distribution of one's own, as in docs/extending.md."""

    def coordinate_distribution(self, x):
        scale = self.noise_scale * np.sqrt(3.0) / np.pi
        return tfd.Logistic(x, tf.constant(scale, x.dtype))


class TestOwnDistribution(SmoothingContract):
    smoothing = Logistic


class _Half(Gaussian):
    """Half the noise of its parent class, whose operation it must not inherit."""

    def coordinate_distribution(self, x):
        return Gaussian(self.noise_scale / 2.0).coordinate_distribution(x)


class _Quarter(_Half):
    def sample(self, x, stream):
        return x + self.noise_scale / 4.0 * stream.normal_like(x)


@pytest.mark.parametrize("smoothing, scale", [(_Half, 0.5), (_Quarter, 0.25)])
def test_samples_are_those_of_the_class_itself(smoothing, scale):
    x = tf.zeros([1000, 8])
    sample = smoothing(1.0).sample(x, NoiseStream(tf.constant([1, 2]), 0))
    np.testing.assert_allclose(np.std(sample), scale, rtol=0.05)


def test_a_subclass_keeps_the_operation_of_an_unchanged_distribution():
    class Named(Gaussian):
        pass

    assert Named.sample is Gaussian.sample


def test_a_configuration_names_a_smoothing():
    smoothing = make_smoothing(SmoothingConfig("gaussian", 0.25))
    assert isinstance(smoothing, Gaussian)
    assert smoothing.noise_scale == 0.25


def test_an_unresolved_noise_scale_is_rejected():
    with pytest.raises(ValueError, match="must be resolved to a number"):
        make_smoothing(SmoothingConfig("gaussian", None))


def test_an_unknown_name_is_rejected_with_the_choices():
    choices = ", ".join(SMOOTHINGS)
    with pytest.raises(ValueError, match=f"must be one of {choices}; got 'cauchy'"):
        SmoothingConfig("cauchy", 0.1)
