"""Models of two pixels whose conditionals are known by integration."""

import functools

import numpy as np
import tensorflow as tf

from smoothing_tf.models import MADE, MADEConfig, TwoStageModel
from smoothing_tf.models.condition import Condition
from smoothing_tf.numerics import levels_to_unit
from smoothing_tf.smoothing import Gaussian

NUM_LEVELS = 3
X = levels_to_unit(np.arange(NUM_LEVELS), NUM_LEVELS, tf.float64).numpy()
# The pixel that comes later is the known one.
LATER_KNOWN = [[0, 1]]
NUM_IMAGES = 1000


@functools.cache
def _pair(shape) -> TwoStageModel:
    make = functools.partial(
        MADE, MADEConfig(hidden_units=(), num_mixtures=1), shape, dtype="float64"
    )
    smoothed, reverse = make(), make(NUM_LEVELS, takes_x_smoothed=True)
    return TwoStageModel(Gaussian(0.5), smoothed, reverse)


@functools.cache
def trace(num_particles, shape=(1, 2, 1)) -> None:
    """Traces the inpainting of any number of images, once for all tests."""
    images = tf.TensorSpec([None, *shape], tf.float64)
    known = tf.TensorSpec([None, *shape], tf.bool)
    seeds = tf.TensorSpec([None, 2], tf.int32)
    _pair(shape)._inpaint.get_concrete_function(
        images, known, seeds, None, num_particles
    )


def _make_linear(model, slope, scales, smoothed_slopes=None, heard=0.0):
    """A logistic each, at c_0 x~_0 + heard x~_1 and at slope x_0 + c_1 x~_1."""
    for variable in model.trainable_variables:
        variable.assign(tf.zeros_like(variable))
    # Of each pixel: logit, location, log-scale.
    kernel = np.zeros((2, 6))
    kernel[0, 4] = slope
    model.skip.kernel.assign(kernel)
    model.output_layer.bias.assign(
        [0.0, 0.0, np.log(scales[0]), 0.0, 0.0, np.log(scales[1])]
    )
    if smoothed_slopes is not None:
        kernel = np.zeros((2, 6))
        kernel[0, 1], kernel[1, 4] = smoothed_slopes
        kernel[1, 1] = heard
        model.smoothed_layers[-1].kernel.assign(kernel)


def two_pixels(heard=0.0, shape=(1, 2, 1)) -> TwoStageModel:
    """Two pixels of three levels, each like the other.

    The model of a shape is one object with the weights of the last call, here or of
    `broad_pixels`, so that it is traced once.

    Args:
      heard: weight with which x_0 follows x~_1, in addition to x~_0.
      shape: event shape, with the pixels side by side or one above the other.
    """
    model = _pair(shape)
    _make_linear(model.smoothed, 0.8, (0.5, 0.3))
    _make_linear(model.reverse, 0.6, (0.3, 0.15), (0.4, 0.3), heard)
    return model


def broad_pixels() -> TwoStageModel:
    """Two pixels whose p(x~) is much broader than the noise, and says more.

    x_0 follows x~_1, and x~_1 is often far from x_1, where q(x~_1 | x_1) draws nothing.
    """
    model = _pair((1, 2, 1))
    _make_linear(model.smoothed, 0.8, (0.5, 1.0))
    _make_linear(model.reverse, 0.6, (0.3, 0.5), (0.4, 0.1), heard=1.0)
    return model


def quadrature(model, log_prob):
    """Integrates exp log_prob(x, x~) over x~, for each x: [x_0, x_1]."""
    axis = np.linspace(-12.0, 12.0, 97)
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    grid = tf.constant(grid.reshape(-1, 1, 2, 1))
    integrals = np.empty((NUM_LEVELS, NUM_LEVELS))
    for i, j in np.ndindex(*integrals.shape):
        x = np.broadcast_to(np.reshape([X[i], X[j]], [1, 1, 2, 1]), grid.shape)
        values = log_prob(tf.constant(x), grid)
        integrals[i, j] = np.sum(values) * (axis[1] - axis[0]) ** 2
    return integrals


def exact(model, value=lambda x, x_smoothed: 1.0):
    """Sums value p(x_0, x~ | x_1) over x~, [x_0, x_1]."""

    def joint(x, grid):
        return np.exp(
            model.smoothed.log_prob(grid) + model.reverse.log_prob(x, Condition(grid))
        )

    evidence = quadrature(model, joint).sum(axis=0)
    np.testing.assert_allclose(evidence.sum(), 1.0, atol=1e-4)
    return quadrature(model, lambda x, g: value(x, g) * joint(x, g)) / evidence


def plain(model):
    """What clamped ancestral sampling draws: x~_1 from q, x~_0 from p, x_0 from p."""

    def of_first(network, x, condition=None):
        params = network(x, condition=condition)[:, 0]
        return network.head.distribution(params).log_prob(x[:, 0, 0])

    def log_prob(x, grid):
        noise = model.smoothing.coordinate_distribution(x).log_prob(grid)[:, 0, 1, 0]
        first = of_first(model.smoothed, grid) + of_first(
            model.reverse, x, Condition(grid)
        )
        return np.exp(noise + first)

    return quadrature(model, log_prob)


def total_variation(p, q):
    return 0.5 * np.sum(np.abs(p - q), axis=0)


def draw(model, level, num_particles, seed=1):
    """(x~_0, x_0), each [num_images], drawn when x_1 is at a level."""
    images = np.tile(np.reshape([9.0, X[level]], [1, 1, 2, 1]), [NUM_IMAGES, 1, 1, 1])
    if model is _pair((1, 2, 1)):
        trace(num_particles)
    x_smoothed, x = model.inpaint(
        images, LATER_KNOWN, seed=seed, num_particles=num_particles
    )
    np.testing.assert_array_equal(x[:, :, 1], images[:, :, 1])
    return x_smoothed[:, 0, 0, 0].numpy(), x[:, 0, 0, 0].numpy()


def frequencies(x):
    return np.mean(x[:, None] == X, axis=0)
