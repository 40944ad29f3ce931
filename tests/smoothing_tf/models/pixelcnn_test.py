"""PixelCNN: the contract, causality to the sub-pixel, and its blind spot."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models import PixelCNN, PixelCNNConfig
from tests.testing.density_model_contract import (
    DensityModelContract,
    all_events,
    influence,
    randomize,
    sees_all_of_x_smoothed,
)


class TestPixelCNN(DensityModelContract):
    tiny_shape = (2, 2, 1)
    tiny_levels = 4
    image_shape = (3, 4, 1)

    def make(
        self,
        event_shape,
        num_levels=None,
        takes_x_smoothed=False,
        dropout=0.0,
        **kwargs,
    ):
        config = PixelCNNConfig(
            num_blocks=1,
            num_filters=12,
            num_mixtures=2,
            dropout=dropout,
            head=None if num_levels is None else "categorical",
        )
        return PixelCNN(config, event_shape, num_levels, takes_x_smoothed, **kwargs)

    @pytest.mark.parametrize("takes_x_smoothed", [False, True])
    def test_a_sub_pixel_sees_all_before_it_and_no_other(self, takes_x_smoothed):
        # So narrow that the blind spot lies outside.
        model = self.make((2, 4, 3), takes_x_smoothed=takes_x_smoothed)
        model = randomize(model, scale=0.3)
        x, x_smoothed = (
            tf.random.stateless_normal((6, 2, 4, 3), [1, n]) for n in (1, 2)
        )
        seen = influence(model, x, 1, x_smoothed if takes_x_smoothed else None)
        np.testing.assert_array_equal(seen, np.tril(np.ones_like(seen), -1))

    def test_a_pixel_of_a_large_image_sees_all_of_x_smoothed(self):
        model = self.make((28, 28, 1), takes_x_smoothed=True)
        model = randomize(model, scale=0.1)
        assert sees_all_of_x_smoothed(model)

    @pytest.mark.parametrize("num_channels", [1, 2])
    def test_the_blind_spot_is_a_triangle_to_the_right(self, num_channels):
        height, width = 4, 8
        config = PixelCNNConfig(num_blocks=4, num_filters=8, num_mixtures=2)
        model = randomize(PixelCNN(config, (height, width, num_channels)), scale=0.3)
        x = tf.random.stateless_normal((4, height, width, num_channels), [1, 1])
        seen = influence(model, x, num_channels=1)
        pixel = np.arange(height * width * num_channels) // num_channels
        rows_up = pixel[:, None] // width - pixel[None, :] // width
        to_the_right = pixel[None, :] % width - pixel[:, None] % width
        # The first window goes three columns to the right within one row up, all
        # others one column per row.
        is_blind = (rows_up > 0) & (to_the_right > rows_up + 2)
        earlier = np.tril(np.ones_like(seen), -1)
        np.testing.assert_array_equal(seen, earlier & ~is_blind)
        assert is_blind.any()

    @pytest.mark.parametrize("num_channels", [2, 3])
    def test_masses_of_colors_sum_to_one(self, num_channels):
        shape, num_levels = (1, 2, num_channels), 3
        model = randomize(self.make(shape, num_levels))
        events = tf.cast(all_events(shape, num_levels), tf.float64)
        total = np.sum(np.exp(model.log_prob(events)))
        np.testing.assert_allclose(total, 1.0, atol=1e-6)
