"""The view of a training step: dropout by seed, and the numbers of the full view."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import FullView, GatedResnet, TrainingView, fast_gradients
from tests.testing.causal_layers import make_conv, make_images

SEED = tf.constant([1, 2])


def test_dropout_needs_a_rate():
    x = tf.ones([2, 3, 3, 4])
    assert TrainingView(SEED).dropout(x, 0) is x
    dropped = TrainingView(SEED, dropout_rate=0.5).dropout(x, 0)
    assert set(np.unique(dropped)) == {0.0, 2.0}


def test_spatial_dropout_drops_whole_channels():
    view = TrainingView(SEED, dropout_rate=0.5, is_spatial=True)
    kept = view.dropout(tf.ones([3, 5, 5, 40]), 0).numpy()
    np.testing.assert_array_equal(kept, np.broadcast_to(kept[:, :1, :1], kept.shape))
    assert set(np.unique(kept)) == {0.0, 2.0}


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float64", 1e-12), ("mixed_bfloat16", 2.0**-6)]
)
def test_outputs_and_gradients_are_those_of_the_full_view(
    dtype, tolerance, monkeypatch
):
    # In bfloat16 these choose the gradients of our own.
    monkeypatch.setattr(fast_gradients, "_MIN_CHANNELS_SQUARED", 1)
    monkeypatch.setattr(fast_gradients, "_sees_gpu", lambda: False)

    def conv(in_channels, filters, output_scale=1.0, **kwargs):
        sizes = {"in_channels": in_channels, "filters": filters}
        return make_conv((2, 3), "up", dtype=dtype, **sizes, **kwargs)

    block = GatedResnet(conv, 2, num_skips=1, dtype=dtype)
    block.skip.weight.initialize(tf.constant([3, 4]))
    x = tf.cast(make_images(4, 6), block.compute_dtype)

    def outputs_and_gradients(view):
        with tf.GradientTape() as tape:
            tape.watch(x)
            # The block and the skip read the same features.
            y = block(x, view=view, skips=block.skip(x, index=0, view=view))
            loss = tf.reduce_sum(y**2)
        return [y, *tape.gradient(loss, [x, *block.trainable_variables])]

    for ours, expected in zip(
        outputs_and_gradients(TrainingView(SEED)),
        outputs_and_gradients(FullView()),
        strict=True,
    ):
        assert ours.dtype == expected.dtype
        ours, expected = tf.cast(ours, tf.float64), tf.cast(expected, tf.float64)
        error = np.max(np.abs(ours - expected))
        assert error <= tolerance * np.max(np.abs(expected))


def test_features_that_several_layers_read_are_activated_once():
    view, x = TrainingView(SEED), make_images(2, 3)
    assert view.concat_elu(x) is view.concat_elu(x)
    other = view.concat_elu(-x)
    np.testing.assert_array_equal(other, FullView().concat_elu(-x))
