"""Walks with a coder: exact for every model, and no better than the likelihood."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.compression.alphabet import Alphabet
from smoothing_tf.compression.coded_walk import CodedWalk
from smoothing_tf.compression.coder import Coder
from smoothing_tf.layers import MaskedDense
from smoothing_tf.models import (
    PixelCNN,
    PixelCNNConfig,
    PixelCNNpp,
    PixelCNNppConfig,
    StackedPixelCNNpp,
)
from smoothing_tf.models.condition import Condition
from tests.testing.density_model_contract import randomize
from tests.testing.eagerly import eagerly
from tests.testing.tiny_codecs import NUM_LEVELS, SHAPE, images, made

pytest.importorskip("constriction")

_LEVELS = Alphabet.of_levels(NUM_LEVELS)


def _pixelcnnpp():
    config = PixelCNNppConfig(num_resnet=1, num_filters=4, num_mixtures=2)
    return PixelCNNpp(config, (2, 2, 3), NUM_LEVELS, takes_x_smoothed=True)


def _stacked():
    config = PixelCNNppConfig(num_resnet=1, num_filters=4, num_mixtures=2)
    return StackedPixelCNNpp(config, (2, 4, 1), NUM_LEVELS)


def _pixelcnn():
    config = PixelCNNConfig(num_blocks=1, num_filters=3, num_mixtures=2)
    return PixelCNN(config, (2, 2, 3), NUM_LEVELS, takes_x_smoothed=True)


@pytest.mark.parametrize("make", [_pixelcnnpp, _pixelcnn, _stacked])
def test_images_are_restored_at_the_cost_of_their_likelihood(monkeypatch, make):
    monkeypatch.setattr(PixelCNNpp, "num_resolutions", 2)
    # PixelCNN++ codes the channels of a pixel together, PixelCNN one after another, and
    # the stacked form also walks over x~.
    model = randomize(make(), 0.2)
    rng = np.random.default_rng(0)
    symbols = rng.integers(NUM_LEVELS, size=(5, *model.event_shape))
    condition = Condition(rng.normal(size=symbols.shape).astype(np.float32))
    walk, coder = CodedWalk(model), Coder()
    with eagerly():
        walk.push(coder, symbols, _LEVELS, condition)
        data = coder.to_bytes()
        decoded = walk.pop(coder, 5, _LEVELS, condition)
    np.testing.assert_array_equal(decoded, symbols)
    assert coder.to_bytes() == b""
    x = tf.constant(_LEVELS.points[symbols])
    bits = -np.sum(model.log_prob(x, condition)) / np.log(2)
    assert bits - 8 < 8 * len(data) < bits + 40


def test_one_trace_serves_all_walks_and_batches_of_all_sizes():
    # Another trace could be rounded differently.
    model, coder = made(), Coder()
    batches = [images(size, seed=size) for size in (1, 7, 3)]
    traces = []
    original = model.walk
    model.walk = lambda *args: (traces.append(1), original(*args))[1]
    for batch in batches:
        CodedWalk(model).push(coder, batch, _LEVELS)
    for batch in reversed(batches):
        decoded = CodedWalk(model).pop(coder, len(batch), _LEVELS)
        np.testing.assert_array_equal(decoded, batch)
    assert len(traces) == 1


def _leak(model):
    """Lets the parameters of each value see the value itself."""
    degrees = np.arange(1, np.prod(SHAPE) + 1)
    skip = MaskedDense(degrees, np.repeat(degrees, model.head.num_params))
    skip.kernel.assign(tf.fill(skip.kernel.shape, 0.3))
    model.skip = skip
    return model


def _push_by_the_likelihood(model, coder, symbols):
    """Pushes images by the parameters of a pass over whole images."""
    values = _LEVELS.all_values(symbols)
    params = model(values).numpy()
    flat = symbols.reshape(len(symbols), -1)
    for position in reversed(range(flat.shape[1])):
        nothing = np.zeros([len(flat), 0], np.float32)
        probabilities = model.head.probabilities(params[:, position], nothing)
        coder.push(flat[:, position], probabilities)


def test_a_likelihood_whose_mask_leaks_cannot_be_decoded():
    symbols = images(40)
    for model, is_restored in ((made(), True), (_leak(made()), False)):
        coder = Coder()
        _push_by_the_likelihood(model, coder, symbols)
        with eagerly():
            decoded = CodedWalk(model).pop(coder, len(symbols), _LEVELS)
        assert np.array_equal(decoded, symbols) == is_restored
        assert (coder.to_bytes() == b"") == is_restored


def test_errors_of_the_head_are_not_hidden_by_the_graph():
    model = made()
    model.output_layer.bias.assign(tf.fill(model.output_layer.bias.shape, np.nan))
    with pytest.raises(ValueError, match="probabilities are not finite"):
        CodedWalk(model).pop(Coder(b"abcd"), 2, _LEVELS)
