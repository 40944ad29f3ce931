"""The common parts of the PixelCNNs with an order of channels."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models import (
    GatedPixelCNN,
    GatedPixelCNNConfig,
    PixelCNN,
    PixelCNNConfig,
)

MODELS = {
    PixelCNN: PixelCNNConfig(num_blocks=1, num_filters=6),
    GatedPixelCNN: GatedPixelCNNConfig(num_layers=1, num_filters=6),
}
both = pytest.mark.parametrize("model", MODELS)


@both
def test_filters_that_cannot_be_shared_out_are_rejected(model):
    with pytest.raises(ValueError, match="multiple of the 4 channels.* Try 8"):
        model(MODELS[model], (4, 4, 4))


@both
def test_a_vector_is_rejected(model):
    with pytest.raises(ValueError, match="must be .height, width, channels."):
        model(MODELS[model], (4,))


@both
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 2)])
def test_images_of_any_size_have_parameters_for_each_sub_pixel(model, shape):
    density = model(MODELS[model], shape)
    x = tf.zeros([2, *shape])
    positions = shape if shape[-1] > 1 else shape[:-1]
    assert density(x).shape == (2, *positions, density.head.num_params)
    assert density.log_prob(x).shape == (2,)


@both
def test_mixtures_start_spread_over_the_range(model):
    density = model(MODELS[model], (4, 4, 3))
    x = tf.random.stateless_uniform([2, 4, 4, 3], [1, 2], -1.0, 1.0)
    loc = density.head.split(density(x))["loc"][..., 0]
    np.testing.assert_allclose(
        np.mean(loc, axis=(0, 1, 2, 3))[[0, -1]], [-0.9, 0.9], atol=0.2
    )
