"""Masks of convolutions: the visible part of a window, whatever the weights."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import MaskedKernel, channel_mask, raster_mask

CHANNELS = np.arange(3)


def test_a_window_keeps_the_pixels_before_the_center():
    mask = raster_mask((2, 5), "raster", CHANNELS, CHANNELS, is_strict=True)
    before = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]], bool)
    np.testing.assert_array_equal(mask.all(axis=(2, 3)), before)
    center = mask[-1, 2].copy()
    mask[-1, 2] = False
    np.testing.assert_array_equal(mask.any(axis=(2, 3)), before)
    # Green sees red; blue sees red and green.
    np.testing.assert_array_equal(center, [[0, 1, 1], [0, 0, 1], [0, 0, 0]])


def test_a_window_to_the_left_ends_at_the_center():
    mask = raster_mask((1, 3), "up_left", CHANNELS, CHANNELS)
    assert mask[0, :2].all()
    np.testing.assert_array_equal(mask[0, 2], [[1, 1, 1], [0, 1, 1], [0, 0, 1]])


@pytest.mark.parametrize("is_strict", [False, True])
def test_of_one_channel_type_a_leaves_nothing_and_type_b_all(is_strict):
    mask = channel_mask(np.zeros(2, int), np.zeros(4, int), is_strict)
    assert mask.shape == (2, 4)
    assert np.all(mask == (not is_strict))


def test_a_kernel_is_zero_outside_its_mask_whatever_the_weights_become():
    mask = raster_mask((2, 3), "raster", CHANNELS, CHANNELS)
    weight = MaskedKernel(mask)
    weight.kernel.assign(tf.fill(mask.shape, 2.0))
    kernel, bias = weight.kernel_and_bias()
    np.testing.assert_array_equal(kernel, np.where(mask, 2.0, 0.0))
    assert bias.shape == (3,)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(weight.kernel_and_bias()[0])
    gradient = tape.gradient(total, weight.kernel.value)
    np.testing.assert_array_equal(gradient, mask.astype(np.float32))


def test_initial_weights_keep_the_scale_of_unmasked_inputs():
    degrees = np.repeat([0, 1], 200)
    weight = MaskedKernel(channel_mask(degrees, degrees), gain=0.5)
    weight.initialize([1, 2])
    x = tf.random.stateless_normal([500, 400], [3, 4])
    y = tf.matmul(x, weight.kernel_and_bias()[0])
    # He's variance is 2, times the gain squared.
    for half in tf.split(y, 2, axis=-1):
        np.testing.assert_allclose(np.var(half), 0.5, rtol=0.1)


def test_masters_stay_float32_under_mixed_precision():
    weight = MaskedKernel(np.ones((3, 4), bool), dtype="mixed_bfloat16")
    kernel, bias = weight.kernel_and_bias()
    assert kernel.dtype == bias.dtype == tf.bfloat16
    assert weight.kernel.dtype == "float32"
