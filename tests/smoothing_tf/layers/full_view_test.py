"""The view of whole images: levels of resolution, and dropout by seed."""

import numpy as np
import tensorflow as tf

from smoothing_tf.layers import FullView
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


def test_dropout_needs_both_a_seed_and_a_rate():
    x = tf.ones([2, 3, 3, 4])
    seed = tf.constant([1, 2])
    for view in (FullView(), FullView(seed), FullView(dropout_rate=0.5)):
        assert view.dropout(x, 0) is x
    dropped = FullView(seed, dropout_rate=0.5).dropout(x, 0)
    assert set(np.unique(dropped)) == {0.0, 2.0}


def test_spatial_dropout_drops_whole_channels():
    view = FullView(tf.constant([1, 2]), dropout_rate=0.5, is_spatial=True)
    kept = view.dropout(tf.ones([3, 5, 5, 40]), 0).numpy()
    np.testing.assert_array_equal(kept, np.broadcast_to(kept[:, :1, :1], kept.shape))
    assert set(np.unique(kept)) == {0.0, 2.0}
