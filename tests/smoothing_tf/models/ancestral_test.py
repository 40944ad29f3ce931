"""Ancestral sampling: every position sees the draws before it, in raster order."""

import numpy as np
import tensorflow as tf

from smoothing_tf.models.heads import make_head
from tests.testing.slow_sampler import ancestral_sample

HEAD = make_head(None, 1, 1, None)


def draw(network, head, shape, num_channels, batch_size, seed=0):
    positions = shape if num_channels == 1 else shape[:-1]
    noise = head.noise([batch_size, *positions], tf.constant([seed, 0]))
    return ancestral_sample(network, head, noise, shape, num_channels)


def sharp_at(loc):
    """Parameters of one component at `loc`, as sharp as a head allows."""
    zeros = tf.zeros_like(loc)
    return tf.stack([zeros, loc, zeros - 7.0], axis=-1)


def test_a_position_follows_from_those_before_it():
    def next_is_one_more(x):
        # Parameters of position i: one more than the value at i - 1.
        before = tf.pad(x[:, :-1], [[0, 0], [1, 0]], constant_values=0.0)
        return sharp_at(before + 1.0)

    x = draw(next_is_one_more, HEAD, (4,), 1, batch_size=2)
    np.testing.assert_allclose(x, [[1, 2, 3, 4]] * 2, atol=0.1)


def test_an_image_is_drawn_row_by_row_with_all_channels_of_a_pixel_at_once():
    head = make_head(None, 3, 1, None)

    def count_drawn(x):
        drawn = tf.reduce_sum(tf.cast(x[..., 0] != 0, tf.float32), axis=[1, 2])
        loc = tf.ones_like(x[..., :1]) * (1 + drawn)[:, None, None, None]
        zeros = tf.zeros_like(loc)
        return tf.concat([zeros, *[loc, zeros - 7.0, zeros] * 3], axis=-1)

    x = draw(count_drawn, head, (2, 2, 3), 3, batch_size=1)
    expected = np.array([[1, 2], [3, 4]])[None, :, :, None] * np.ones(3)
    np.testing.assert_allclose(x, expected, atol=0.1)


def test_positions_have_noise_of_their_own():
    def standard(x):
        return tf.stack([tf.zeros_like(x)] * 3, axis=-1)

    x = draw(standard, HEAD, (3,), 1, batch_size=2000, seed=4).numpy()
    np.testing.assert_allclose(np.corrcoef(x.T), np.eye(3), atol=0.08)
    np.testing.assert_allclose(x.std(axis=0), np.pi / np.sqrt(3), rtol=0.08)
