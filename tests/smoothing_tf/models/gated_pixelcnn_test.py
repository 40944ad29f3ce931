"""Gated PixelCNN: the contract, and causality to the sub-pixel without a blind spot."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models import GatedPixelCNN, GatedPixelCNNConfig
from tests.testing.density_model_contract import (
    DensityModelContract,
    influence,
    randomize,
    sees_all_of_x_smoothed,
)


class TestGatedPixelCNN(DensityModelContract):
    tiny_shape = (1, 2, 3)
    tiny_levels = 2
    image_shape = (3, 4, 1)

    def make(
        self,
        event_shape,
        num_levels=None,
        takes_x_smoothed=False,
        dropout=0.0,
        **kwargs,
    ):
        config = GatedPixelCNNConfig(
            num_layers=2,
            num_filters=6,
            kernel_size=3,
            num_mixtures=2,
            dropout=dropout,
        )
        return GatedPixelCNN(
            config, event_shape, num_levels, takes_x_smoothed, **kwargs
        )

    @pytest.mark.parametrize("takes_x_smoothed", [False, True])
    @pytest.mark.parametrize("num_channels", [1, 3])
    def test_a_sub_pixel_sees_all_before_it_and_no_other(
        self, num_channels, takes_x_smoothed
    ):
        # Wide enough for the blind spot of PixelCNN.
        shape = (3, 8, num_channels)
        config = GatedPixelCNNConfig(
            num_layers=5, num_filters=12, kernel_size=3, num_mixtures=2
        )
        model = GatedPixelCNN(config, shape, takes_x_smoothed=takes_x_smoothed)
        model = randomize(model, scale=0.3)
        x, x_smoothed = (
            tf.random.stateless_normal((4, *shape), [1, n]) for n in (1, 2)
        )
        seen = influence(model, x, 1, x_smoothed if takes_x_smoothed else None)
        np.testing.assert_array_equal(seen, np.tril(np.ones_like(seen), -1))

    def test_a_pixel_of_a_large_image_sees_all_of_x_smoothed(self):
        model = self.make((28, 28, 1), takes_x_smoothed=True)
        # Small weights: a saturated tanh would hide what it is given.
        model = randomize(model, scale=0.02)
        assert sees_all_of_x_smoothed(model)

    def test_an_even_kernel_is_rejected(self):
        with pytest.raises(ValueError, match="`kernel_size` must be odd; got 4"):
            GatedPixelCNNConfig(kernel_size=4)
