"""A pixel of a horizontal stream equals that of a pass over whole images."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import (
    FullView,
    JoinedRows,
    PixelView,
    append_row,
    terms_from_above,
)
from tests.testing.causal_layers import (
    BATCH_SIZE,
    CHANNELS,
    make_conv,
    make_conv_transpose,
    make_images,
    rows_above,
)

HEIGHT, WIDTH = 4, 6


def nothing_from_left(layers):
    return {
        layer: tf.zeros(
            [BATCH_SIZE, layer.num_columns_left * layer.weight.num_biases], tf.float64
        )
        for layer in layers
        if layer.num_columns_left
    }


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
def test_a_convolution_is_that_of_the_full_view(kernel_size, reach, shift, reads_image):
    layer = make_conv(kernel_size, reach, shift=shift, reads_image=reads_image)
    x = make_images(HEIGHT, WIDTH)
    weights = {layer: layer.split_weights()}
    terms = terms_from_above(weights, rows_above(layer, x), [layer])
    carried = nothing_from_left([layer])
    columns = []
    for column in range(WIDTH):
        columns_here = JoinedRows(terms.values()).cut(tf.constant(column), WIDTH)
        view = PixelView(weights, terms, carried, {}, columns_here, WIDTH, 0)
        pixel = x[:, -1, column]
        # A copy without memory leaves no trace.
        layer(pixel + 1.0, view=view.copy_without_memory())
        columns.append(layer(pixel, view=view))
        if reads_image:
            view.pass_right(layer, pixel)
        carried = view.carried
    expected = layer(x, view=FullView())[:, -1]
    np.testing.assert_allclose(
        tf.stack(columns, axis=1), expected, rtol=1e-12, atol=1e-12
    )


def test_the_next_level_runs_at_every_second_pixel_and_equals_the_full_view():
    down = make_conv((2, 2), "up_left", filters=4, stride=2)
    middle = make_conv((2, 2), "up_left", in_channels=4, filters=4, level=1)
    up = make_conv_transpose(4, "up_left")
    x = make_images(HEIGHT, WIDTH)
    runs = []

    def function(y, view):
        runs.append(y.shape)
        return middle(y, view=view), None

    expected, _ = FullView().at_next_level(down, up, x, function)
    weights = {layer: layer.split_weights() for layer in (down, middle, up)}
    remembered = {
        down: tf.zeros([BATCH_SIZE, 1, WIDTH, CHANNELS], tf.float64),
        middle: tf.zeros([BATCH_SIZE, 1, WIDTH // 2, 4], tf.float64),
        up: tf.zeros([BATCH_SIZE, 1, WIDTH, 4], tf.float64),
    }
    runs.clear()
    for row in range(HEIGHT):
        is_upper = row % 2 == 0
        # The coarse layers run in the upper row of each pair of rows.
        running = [down, middle] if is_upper else []
        terms = terms_from_above(weights, remembered, running)
        rows = JoinedRows([*terms.values(), *([] if is_upper else [remembered[up]])])
        carried = nothing_from_left(running)
        blocks = []
        for block in range(WIDTH // 2):
            view = PixelView(
                weights,
                terms,
                carried,
                remembered,
                rows.cut(tf.constant(block), WIDTH // 2),
                WIDTH,
                row_in_block=row % 2,
            )
            for view.column in (0, 1):
                column = 2 * block + view.column
                y, _ = view.at_next_level(down, up, x[:, row, column], function)
                np.testing.assert_allclose(
                    y, expected[:, row, column], rtol=1e-12, atol=1e-12
                )
            carried = view.carried
            blocks.append(
                {
                    layer: view.join_remembered([layer])
                    for layer in ([middle, up] if is_upper else [down])
                }
            )
        for layer in blocks[0]:
            new = tf.concat([block[layer] for block in blocks], axis=1)
            new = tf.reshape(new, remembered[layer].shape)
            remembered[layer] = append_row(remembered[layer], new)
    assert runs == [(BATCH_SIZE, 4)] * (HEIGHT * WIDTH // 4)


def test_layers_of_one_level_are_remembered_column_after_column():
    layers = [make_conv((2, 1), "up_left"), make_conv((2, 2), "up_left")]
    weights = {layer: layer.split_weights() for layer in layers}
    above = tf.zeros([BATCH_SIZE, 1, 2, CHANNELS], tf.float64)
    terms = terms_from_above(weights, dict.fromkeys(layers, above), layers)
    columns = JoinedRows(terms.values()).cut(tf.constant(0), 1)
    view = PixelView(weights, terms, nothing_from_left(layers), {}, columns, 2, 0)
    x = make_images(1, 2)
    for view.column in (0, 1):
        for factor, layer in enumerate(layers, 1):
            layer(factor * x[:, 0, view.column], view=view)
    expected = [f * x[:, 0, column] for column in (0, 1) for f in (1, 2)]
    np.testing.assert_array_equal(
        view.join_remembered(layers), tf.concat(expected, axis=1)
    )


@pytest.mark.parametrize("level", [0, 1])
def test_a_pixel_is_cropped_at_the_level_of_the_row(level):
    row = make_images(1, 4 >> level)
    columns = JoinedRows([row]).cut(tf.constant(1), 2)
    view = PixelView({}, {}, {}, {}, columns, 4, 0)
    view.column = 1
    column = 3 >> level
    np.testing.assert_array_equal(view.crop(row), row[:, 0, column])
