"""The network in PyTorch has the likelihoods of ours, where PyTorch is installed."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models import PixelCNNpp, PixelCNNppConfig

torch = pytest.importorskip("torch")


def make_model(event_shape):
    config = PixelCNNppConfig(num_resnet=2, num_filters=6, num_mixtures=3)
    return PixelCNNpp(config, event_shape, seed=1)


@pytest.mark.parametrize("event_shape", [(8, 12, 1), (8, 8, 3)])
def test_likelihoods_and_gradients_are_those_of_our_network(event_shape):
    from benchmarks.runs.torch_training import torch_state
    from benchmarks.torch_pixelcnnpp import TorchPixelCNNpp

    model = make_model(event_shape)
    x = tf.random.stateless_uniform([2, *event_shape], [1, 2], -1.0, 1.0)
    with tf.GradientTape() as tape:
        log_prob = model.log_prob(x)
    layers = dict(model.torch_layers())
    gradients = tape.gradient(log_prob, [layer.g.value for layer in layers.values()])
    network = TorchPixelCNNpp(event_shape[-1], 6, 2, 3).eval()
    network.load_state_dict(torch_state(model))
    theirs = network(torch.tensor(x.numpy()).permute(0, 3, 1, 2))
    np.testing.assert_allclose(theirs.detach(), log_prob, rtol=1e-6)
    theirs.sum().backward()
    for name, gradient in zip(layers, gradients, strict=True):
        ours = network.get_parameter(f"{name}.weight_g").grad.flatten()
        scale = np.max(np.abs(gradient))
        np.testing.assert_allclose(ours, gradient, rtol=1e-3, atol=1e-4 * scale)


def test_a_step_trains_the_network():
    from benchmarks.runs.torch_training import TorchStage

    model = make_model((8, 8, 1))
    stage = TorchStage(model, "bfloat16", batch_size=2)
    assert stage.num_parameters == model.count_params()
    before = stage.forward().sum()
    for _ in range(20):
        assert stage.step() > 0
    assert stage.forward().sum() > before + 1
