"""The input pixels that each convolution sees, by the gradient of one output pixel."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import (
    CausalConv,
    CausalConvTranspose,
    FullView,
    PointwiseConv,
    SkipConv,
    WeightNormKernel,
    concat_elu,
)


def conv(kernel_size, reach, **kwargs):
    weight = WeightNormKernel((*kernel_size, 2, 3), 3)
    return randomized(CausalConv(weight, reach, **kwargs))


def randomized(layer):
    layer.weight.initialize([1, 2])
    layer.weight.bias.assign(
        tf.random.stateless_normal(layer.weight.bias.shape, [3, 4])
    )
    return layer


def seen_by(function, pixel, size=(6, 6), channels=2):
    """Finds the positions of the input that affect the output at `pixel`."""
    x = tf.random.stateless_normal((1, *size, channels), [5, 6])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(function(x, view=FullView())[0, pixel[0], pixel[1]])
    gradient = tape.gradient(y, x)[0]
    return {tuple(map(int, p)) for p in np.argwhere(np.any(gradient != 0, axis=-1))}


@pytest.mark.parametrize(
    "kernel_size, reach, rows, columns",
    [
        ((2, 3), "up", (2, 3), (2, 3, 4)),
        ((1, 3), "up", (3,), (2, 3, 4)),
        ((2, 2), "up_left", (2, 3), (2, 3)),
        ((2, 1), "up_left", (2, 3), (3,)),
        ((3, 3), "all", (2, 3, 4), (2, 3, 4)),
    ],
)
def test_window_of_a_convolution(kernel_size, reach, rows, columns):
    expected = {(row, column) for row in rows for column in columns}
    assert seen_by(conv(kernel_size, reach), (3, 3)) == expected


@pytest.mark.parametrize("shift, seen", [("down", (2, 3)), ("right", (3, 2))])
def test_a_shift_moves_the_window_and_puts_zeros_in_front(shift, seen):
    layer = conv((1, 1), "up", shift=shift)
    assert seen_by(layer, (3, 3)) == {seen}
    y = layer(tf.ones([1, 3, 3, 2]), view=FullView())[0].numpy()
    in_front = y[0] if shift == "down" else y[:, 0]
    assert np.all(in_front == 0) and np.all(y[1:, 1:] != 0)


def test_a_stride_halves_the_resolution_and_still_looks_back():
    layer = conv((2, 3), "up", stride=2)
    assert layer(tf.zeros([1, 6, 8, 2]), view=FullView()).shape == (1, 3, 4, 3)
    rows = {row for row, _ in seen_by(layer, (1, 1))}
    assert max(rows) <= 2


@pytest.mark.parametrize("reach", ["up", "up_left"])
def test_a_transposed_convolution_doubles_and_never_looks_ahead(reach):
    layer = randomized(CausalConvTranspose(2, reach))
    assert layer(tf.zeros([2, 3, 5, 2]), view=FullView()).shape == (2, 6, 10, 2)
    for row, column in ((0, 0), (3, 3), (2, 5), (5, 4)):
        seen = seen_by(layer, (row, column), size=(3, 4))
        assert seen and all(r <= row // 2 for r, _ in seen)
        if reach == "up_left":
            assert seen == {(row // 2, column // 2)}


def test_a_pointwise_convolution_is_a_convolution_of_one_pixel():
    layer = randomized(PointwiseConv(WeightNormKernel((2, 3), 3)))
    kernel, bias = layer.weight.kernel_and_bias()
    x = tf.random.stateless_normal((2, 3, 4, 2), [1, 1])
    expected = tf.nn.conv2d(x, kernel[None, None], 1, "VALID") + bias
    np.testing.assert_allclose(layer(x, view=FullView()), expected, atol=1e-6)


def test_terms_of_a_skip_add_up_to_the_convolution_of_all_inputs():
    layer = randomized(SkipConv(2, 2, 3))
    kernel, bias = layer.weight.kernel_and_bias()
    x = tf.random.stateless_normal((2, 2, 3, 4, 2), [1, 1])
    terms = [layer(x[n], index=n, view=FullView()) for n in (0, 1)]
    both = concat_elu(tf.concat([x[0], x[1]], axis=-1))
    expected = tf.tensordot(both, kernel, 1) + bias
    np.testing.assert_allclose(terms[0] + terms[1], expected, atol=1e-6)


def test_an_unknown_reach_is_rejected():
    with pytest.raises(
        ValueError, match="must be one of all, raster, up, up_left; got 'down'"
    ):
        conv((2, 2), "down")


def test_a_kernel_of_one_row_that_is_shifted_to_the_right_cannot_be_sampled_from():
    with pytest.raises(ValueError, match=r"kernel of one row .* got `kernel_size` \(1"):
        conv((1, 2), "up_left", shift="right").split_weights()
