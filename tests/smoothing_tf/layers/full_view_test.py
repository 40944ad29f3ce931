"""The view of whole images: levels of resolution."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import FullView
from smoothing_tf.layers.full_view import shift_features
from tests.testing.causal_layers import make_conv, make_conv_transpose, make_images


def test_the_next_level_is_computed_at_half_the_resolution():
    down = make_conv((2, 3), "up", filters=4, stride=2)
    up = make_conv_transpose(4, "up")
    x = make_images(4, 6)
    shapes = []

    def double(y, view):
        shapes.append(y.shape)
        return 2.0 * y, "extra"

    y, extra = FullView().at_next_level(down, up, x, double)
    assert extra == "extra"
    assert shapes == [(3, 2, 3, 4)]
    expected = up(2.0 * down(x, view=FullView()), view=FullView())
    np.testing.assert_array_equal(y, expected)


def test_the_whole_tensor_belongs_to_the_view():
    x = make_images(2, 3)
    assert FullView().crop(x) is x


def test_nothing_is_dropped():
    x = tf.ones([2, 3, 3, 4])
    assert FullView().dropout(x, 0) is x


@pytest.mark.parametrize("shift", ["down", "right", None])
def test_features_of_unknown_size_are_shifted(shift):
    x = make_images(3, 4)
    unknown = tf.TensorSpec([None] * 3 + [x.shape[-1]], x.dtype)
    shifted = tf.function(lambda x: shift_features(x, shift), autograph=False)
    expected = np.zeros_like(x)
    if shift == "down":
        expected[:, 1:] = x[:, :-1]
    elif shift == "right":
        expected[:, :, 1:] = x[:, :, :-1]
    else:
        expected[:] = x
    np.testing.assert_array_equal(shifted.get_concrete_function(unknown)(x), expected)
