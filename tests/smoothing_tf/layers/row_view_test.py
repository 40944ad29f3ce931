"""A row of a vertical stream equals that of a pass over whole images."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import FullView, RowView, append_row, terms_from_above
from tests.testing.causal_layers import (
    BATCH_SIZE,
    CHANNELS,
    make_conv,
    make_conv_transpose,
    make_images,
    rows_above,
)

HEIGHT, WIDTH = 4, 6


@pytest.mark.parametrize(
    "kernel_size, shift", [((1, 3), None), ((3, 5), None), ((2, 3), "down")]
)
@pytest.mark.parametrize("height", [1, 2, HEIGHT])
def test_a_convolution_is_that_of_the_full_view(kernel_size, shift, height):
    layer = make_conv(kernel_size, "up", shift=shift)
    x = make_images(height, WIDTH)
    view = RowView(
        {layer: layer.split_weights()}, rows_above(layer, x), tf.constant(height - 1), 0
    )
    expected = layer(x, view=FullView())[:, -1:]
    np.testing.assert_allclose(
        layer(x[:, -1:], view=view), expected, rtol=1e-12, atol=1e-12
    )


def test_the_next_level_runs_at_every_second_row_and_equals_the_full_view():
    down = make_conv((2, 3), "up", filters=4, stride=2)
    middle = make_conv((2, 3), "up", in_channels=4, filters=4, level=1)
    up = make_conv_transpose(4, "up")
    x = make_images(HEIGHT, WIDTH)

    def function(y, view):
        return middle(y, view=view), view.crop(coarse)

    coarse = x[:, ::2, ::2]
    expected, _ = FullView().at_next_level(down, up, x, function)
    weights = {layer: layer.split_weights() for layer in (down, middle, up)}
    remembered = {
        down: tf.zeros([BATCH_SIZE, 1, WIDTH, CHANNELS], tf.float64),
        middle: tf.zeros([BATCH_SIZE, 1, WIDTH // 2, 4], tf.float64),
        up: tf.zeros([BATCH_SIZE, 1, WIDTH, 4], tf.float64),
    }
    for row in range(HEIGHT):
        view = RowView(weights, remembered, tf.constant(row), row % 2)
        y, extra = view.at_next_level(down, up, x[:, row : row + 1], function)
        np.testing.assert_allclose(
            y, expected[:, row : row + 1], rtol=1e-12, atol=1e-12
        )
        if row % 2:
            assert extra is None
        else:
            np.testing.assert_array_equal(extra, coarse[:, row // 2 : row // 2 + 1])


def test_a_resampled_image_crops_the_tensor_of_its_origin():
    x = make_images(HEIGHT, WIDTH)
    view = RowView({}, {}, tf.constant(2), 0, origin=tf.constant([2, 0, 0]))
    np.testing.assert_array_equal(view.crop(x), x.numpy()[[2, 0, 0], 2:3])


@pytest.mark.parametrize("shift", [None, "right"])
def test_terms_from_above_leave_out_the_last_row_of_the_window(shift):
    layer = make_conv((3, 2), "up_left", shift=shift)
    x = make_images(HEIGHT, WIDTH)
    (term,) = terms_from_above(
        {layer: layer.split_weights()}, rows_above(layer, x), [layer]
    ).values()
    without_last = tf.concat([x[:, :-1], tf.zeros_like(x[:, -1:])], axis=1)
    expected = layer(without_last, view=FullView())[:, -1:]
    np.testing.assert_allclose(term, expected, rtol=1e-12, atol=1e-12)


def test_kernels_of_one_row_have_no_term_from_above():
    layer = make_conv((1, 3), "up_left")
    assert terms_from_above({layer: layer.split_weights()}, {}, [layer]) == {}


@pytest.mark.parametrize("number", [1, 3])
def test_an_appended_row_replaces_the_oldest_one(number):
    rows = make_images(number, WIDTH)
    new = tf.ones([BATCH_SIZE, 1, WIDTH, CHANNELS], tf.float64)
    after = append_row(rows, new)
    assert after.shape == rows.shape
    np.testing.assert_array_equal(after[:, -1:], new)
    np.testing.assert_array_equal(after[:, :-1], rows[:, 1:])
