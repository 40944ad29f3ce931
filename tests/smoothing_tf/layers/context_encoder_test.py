"""Features of a known image: every resolution, and an unmasked view."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import ContextEncoder, FullView


@pytest.mark.parametrize("num_without_block, reach", [(0, 3), (1, 1)])
def test_each_resolution_is_half_the_one_before_and_sees_all_sides(
    num_without_block, reach
):
    encoder = ContextEncoder(
        2, 4, num_resolutions=3, first_index=0, num_without_block=num_without_block
    )
    layers = [*encoder.convs, *(b.conv_input for b in encoder.blocks)]
    for index, layer in enumerate(layers + [b.conv_out for b in encoder.blocks]):
        layer.weight.initialize([1, index])
    x = tf.random.stateless_normal((1, 8, 12, 2), [1, 2])
    with tf.GradientTape() as tape:
        tape.watch(x)
        features = encoder(x, view=FullView())
        center = tf.reduce_sum(features[0][0, 4, 6])
    assert [f.shape for f in features] == [(1, 8, 12, 4), (1, 4, 6, 4), (1, 2, 3, 4)]
    seen = np.argwhere(np.any(tape.gradient(center, x)[0] != 0, axis=-1))
    assert seen.min(axis=0).tolist() == [4 - reach, 6 - reach]
    assert seen.max(axis=0).tolist() == [4 + reach, 6 + reach]
