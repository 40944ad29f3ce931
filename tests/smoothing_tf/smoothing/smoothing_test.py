"""Smoothing by configuration."""

import pytest

from smoothing_tf.smoothing import Gaussian, SmoothingConfig, make_smoothing


def test_a_configuration_names_a_smoothing():
    smoothing = make_smoothing(SmoothingConfig("gaussian", 0.25))
    assert isinstance(smoothing, Gaussian)
    assert smoothing.noise_scale == 0.25


def test_an_unresolved_noise_scale_is_rejected():
    with pytest.raises(ValueError, match="must be resolved to a number"):
        make_smoothing(SmoothingConfig("gaussian", None))


def test_an_unknown_name_is_rejected_with_the_choices():
    with pytest.raises(
        ValueError, match="must be one of gaussian, laplace, uniform; got 'cauchy'"
    ):
        SmoothingConfig("cauchy", 0.1)
