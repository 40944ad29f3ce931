"""Views of a row and of a pixel give what a pass over whole images gives there."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import (
    CausalConv,
    Full,
    MaskedKernel,
    Pixel,
    Row,
    pushed,
    raster_mask,
    row_terms,
)

BATCH_SIZE, HEIGHT, WIDTH, CHANNELS, FILTERS = 3, 4, 5, 2, 6


def make(kernel_size, reach, **kwargs):
    """A layer with random weights whose window ends at its own pixel."""
    mask = np.ones((*kernel_size, CHANNELS, FILTERS), bool)
    if reach == "raster":
        degrees = np.zeros(CHANNELS), np.zeros(FILTERS)
        mask = raster_mask(kernel_size, reach, *degrees)
    weight = MaskedKernel(mask, bias_gain=1.0, dtype="float64")
    weight.initialize(tf.constant([1, 2]))
    return CausalConv(weight, reach, dtype="float64", **kwargs)


def images(height=HEIGHT):
    shape = [BATCH_SIZE, height, WIDTH, CHANNELS]
    return tf.random.stateless_normal(shape, [3, 4], dtype=tf.float64)


def remembered(layer, x):
    """The rows above the last one of x that a layer remembers, zeros outside."""
    number = layer.num_rows_above
    padded = tf.pad(x[:, :-1], [[0, 0], [number, 0], [0, 0], [0, 0]])
    return {layer: padded[:, -number:]} if number else {}


@pytest.mark.parametrize(
    "kernel_size, shift", [((1, 3), None), ((3, 5), None), ((2, 3), "down")]
)
@pytest.mark.parametrize("height", [1, 2, HEIGHT])
def test_a_row_is_that_of_the_full_pass(kernel_size, shift, height):
    layer = make(kernel_size, "up", shift=shift)
    x = images(height)
    view = Row(
        {layer: layer.folded()}, remembered(layer, x), tf.constant(height - 1), 0
    )
    expected = layer(x, view=Full())[:, -1:]
    np.testing.assert_allclose(
        layer(x[:, -1:], view=view), expected, rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize(
    "kernel_size, reach, shift",
    [
        ((1, 1), "up_left", None),
        ((1, 4), "up_left", None),
        ((2, 2), "up_left", None),
        ((3, 3), "up_left", None),
        ((2, 1), "up_left", "right"),
        ((2, 2), "up_left", "right"),
        ((2, 3), "raster", None),
        ((4, 7), "raster", None),
    ],
)
@pytest.mark.parametrize("reads_image", [False, True])
def test_pixels_are_those_of_the_full_pass(kernel_size, reach, shift, reads_image):
    layer = make(kernel_size, reach, shift=shift, reads_image=reads_image)
    x = images()
    folded = {layer: layer.folded()}
    terms = row_terms(folded, remembered(layer, x), [layer])
    size = layer.num_columns_left * FILTERS
    left = {layer: tf.zeros([BATCH_SIZE, size], tf.float64)} if size else {}
    columns = []
    for column in range(WIDTH):
        view = Pixel(folded, terms, left, {}, tf.constant(column), WIDTH, 1, 0)
        pixel = x[:, -1, column]
        # A look in between leaves no trace.
        layer(pixel + 1.0, view=view.scratch())
        columns.append(layer(pixel, view=view))
        if reads_image:
            view.enter(layer, pixel)
        left = view.left
    expected = layer(x, view=Full())[:, -1]
    np.testing.assert_allclose(
        tf.stack(columns, axis=1), expected, rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("number", [1, 3])
def test_of_rows_that_are_pushed_the_newest_stay(number):
    rows = images(number)
    new = tf.ones([BATCH_SIZE, 1, WIDTH, CHANNELS], tf.float64)
    after = pushed(rows, new)
    assert after.shape == rows.shape
    np.testing.assert_array_equal(after[:, -1:], new)
    np.testing.assert_array_equal(after[:, :-1], rows[:, 1:])


def test_a_single_row_that_is_shifted_to_the_right_cannot_be_sampled_from():
    with pytest.raises(ValueError, match="must have two rows or more"):
        make((1, 2), "up_left", shift="right").folded()
