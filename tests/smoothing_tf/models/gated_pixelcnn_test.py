"""Gated PixelCNN: the contract, and causality to the sub-pixel without a blind spot."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models import GatedPixelCNN, GatedPixelCNNConfig
from tests.testing.density_model_contract import (
    DensityModelContract,
    influence,
    randomize,
)


class TestGatedPixelCNN(DensityModelContract):
    tiny_shape = (1, 2, 3)
    tiny_levels = 2
    image_shape = (3, 4, 1)

    def make(
        self, event_shape, num_levels=None, is_conditional=False, dropout=0.0, **kwargs
    ):
        config = GatedPixelCNNConfig(
            num_layers=2,
            num_filters=6,
            kernel_size=3,
            num_mixtures=2,
            dropout=dropout,
        )
        return GatedPixelCNN(config, event_shape, num_levels, is_conditional, **kwargs)

    @pytest.mark.parametrize("num_channels", [1, 3])
    def test_a_sub_pixel_sees_all_before_it_and_no_other(self, num_channels):
        # Wide enough for the blind spot of PixelCNN.
        shape = (3, 8, num_channels)
        config = GatedPixelCNNConfig(
            num_layers=5, num_filters=12, kernel_size=3, num_mixtures=2
        )
        model = randomize(GatedPixelCNN(config, shape), scale=0.3)
        x = tf.random.stateless_normal((4, *shape), [1, 1])
        seen = influence(model, x, num_channels=1)
        np.testing.assert_array_equal(seen, np.tril(np.ones_like(seen), -1))

    def test_an_even_kernel_is_rejected(self):
        with pytest.raises(ValueError, match="`kernel_size` must be odd; got 4"):
            GatedPixelCNNConfig(kernel_size=4)
