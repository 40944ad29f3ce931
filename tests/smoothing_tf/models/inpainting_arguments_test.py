"""Arguments of inpainting that are rejected."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models import MADE, MADEConfig, RealNVP, RealNVPConfig, TwoStageModel
from smoothing_tf.smoothing import Gaussian
from tests.testing.two_pixels import LATER_KNOWN, two_pixels


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_known_pixels_must_be_finite(value):
    model, images = two_pixels(), np.reshape([9.0, value], [1, 1, 2, 1])
    with pytest.raises(ValueError, match="must be finite where they are known"):
        model.inpaint(images, LATER_KNOWN, seed=1)
    traced = tf.function(
        lambda images: model.inpaint(images, LATER_KNOWN, seed=1), autograph=False
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be finite where"):
        traced(tf.constant(images))


@pytest.mark.parametrize("value", [np.nan, 0.5, 255])
def test_a_mask_holds_nothing_but_zeros_and_ones(value):
    model = two_pixels()
    images, mask = np.zeros([1, 1, 2, 1]), np.reshape([0, value], [1, 2])
    with pytest.raises(ValueError, match=r"`mask` must hold only 1 \(known\) .*; got"):
        model.inpaint(images, mask, seed=1)
    traced = tf.function(
        lambda mask: model.inpaint(images, mask, seed=1), autograph=False
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="`mask` must hold only 1"):
        traced(tf.constant(mask))


@pytest.mark.parametrize(
    "images, mask, num_particles, message",
    [
        (
            np.zeros((2, 1, 2, 1)),
            [0, 1],
            1,
            r"`mask` must have shape \[1, 2\] or \[2, 1,",
        ),
        (np.zeros((2, 1, 2, 1)), [[[0, 1]]] * 3, 1, r"got \(3, 1, 2\)"),
        (np.zeros((2, 2, 1, 1)), [[0, 1]], 1, r"`images` must have shape \[n, 1, 2, 1"),
        (np.zeros((2, 1, 2, 1), int), [[0, 1]], 1, "`images` must be floating; got"),
        (np.zeros((2, 1, 2, 1)), [[0, 1]], 0, "`num_particles` must be an integer"),
        (np.zeros((2, 1, 2, 1)), [[0, 1]], 2.5, "`num_particles` must be an integer"),
    ],
)
def test_arguments_that_do_not_fit_are_rejected(images, mask, num_particles, message):
    with pytest.raises(ValueError, match=message):
        two_pixels().inpaint(images, mask, seed=0, num_particles=num_particles)


def test_models_that_cannot_inpaint_are_rejected():
    made = MADE(MADEConfig(hidden_units=(4,)), (2,), takes_x_smoothed=True)
    model = TwoStageModel(
        Gaussian(0.5), RealNVP(RealNVPConfig(num_couplings=2), (2,)), made
    )
    with pytest.raises(ValueError, match="in stage smoothed; got RealNVP"):
        model.inpaint(np.zeros((1, 2), np.float32), [0, 1], seed=0)
