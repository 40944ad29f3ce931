"""Elementary functions against float64, and the conversions' round trips."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf import numerics


@pytest.mark.parametrize("dtype, tolerance", [("float32", 3e-7), ("float64", 5e-16)])
def test_log1mexp_keeps_the_relative_precision_of_its_dtype(dtype, tolerance):
    x = np.array([1e-30, 1e-9, 1e-3, 0.1, 0.69, 0.7, 1.0, 10.0, 80.0], dtype)
    wide = np.asarray(x, np.longdouble)
    small = np.log(-np.expm1(-wide))
    with np.errstate(divide="ignore"):
        large = np.log1p(-np.exp(-wide))
    expected = np.where(wide < 0.69, small, large)
    np.testing.assert_allclose(numerics.log1mexp(x), expected, rtol=tolerance)


def test_log1mexp_has_finite_gradients_everywhere():
    x = tf.constant([1e-37, 1e-6, 0.6931, 0.6932, 50.0, 1e4])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = numerics.log1mexp(x)
    assert np.all(np.isfinite(tape.gradient(y, x)))


def test_sum_rightmost():
    x = tf.reshape(tf.range(24), [2, 3, 4])
    np.testing.assert_array_equal(numerics.sum_rightmost(x, 2), [66, 210])
    np.testing.assert_array_equal(numerics.sum_rightmost(x, 0), x)


def test_a_uniform_image_of_256_levels_has_eight_bits_per_dimension():
    nats = 3072 * np.log(256)
    np.testing.assert_allclose(numerics.nats_to_bits_per_dim(nats, 3072), 8.0)


@pytest.mark.parametrize("num_levels", [2, 17, 256])
def test_levels_come_back_from_the_unit_interval(num_levels):
    levels = np.arange(num_levels)
    x = numerics.levels_to_unit(levels, num_levels)
    assert x[0] == -1 and x[-1] == 1
    np.testing.assert_array_equal(numerics.unit_to_levels(x, num_levels), levels)
    grey = numerics.unit_to_uint8(x, num_levels)
    np.testing.assert_array_equal(grey, np.rint(255 * levels / (num_levels - 1)))


@pytest.mark.parametrize("num_levels", [2, 17, 255, 256])
def test_levels_come_back_from_grey_levels(num_levels):
    levels = np.arange(num_levels, dtype=np.uint8)
    grey = numerics.levels_to_uint8(levels, num_levels)
    np.testing.assert_array_equal(numerics.uint8_to_levels(grey, num_levels), levels)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_every_level_is_the_nearest_number_also_in_a_graph(jit_compile):
    @tf.function(jit_compile=jit_compile)
    def all_levels():
        return [numerics.levels_to_unit(tf.range(n), n) for n in (2, 17, 256, 1000)]

    for x in all_levels():
        levels = np.arange(len(x), dtype=np.longdouble)
        exact = (2 * levels / (len(x) - 1) - 1).astype(np.float32)
        np.testing.assert_array_equal(x, exact)


def test_every_number_of_levels_up_to_1024_is_scaled_to_the_nearest_numbers():
    for num_levels in range(2, 1025):
        x = numerics.levels_to_unit(np.arange(num_levels), num_levels)
        exact = np.arange(num_levels) * 2.0 / (num_levels - 1) - 1.0
        np.testing.assert_array_equal(x, exact.astype(np.float32))
        if num_levels == 256:
            double = numerics.levels_to_unit(np.arange(256), 256, tf.float64)
            np.testing.assert_array_equal(double, exact)


def test_values_outside_the_range_are_clipped():
    x = tf.constant([-3.0, -1.001, 1.001, 9.0])
    np.testing.assert_array_equal(numerics.unit_to_levels(x, 17), [0, 0, 16, 16])
    np.testing.assert_array_equal(numerics.unit_to_uint8(x), [0, 0, 255, 255])
