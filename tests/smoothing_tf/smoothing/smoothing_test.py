"""Smoothing by configuration."""

import pytest

from smoothing_tf.smoothing import (
    SMOOTHINGS,
    Gaussian,
    SmoothingConfig,
    make_smoothing,
)


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
