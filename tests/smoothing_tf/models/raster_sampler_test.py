"""The incremental sampler: equal to one full pass of the network per pixel.

Most tests run it eagerly, since tracing takes longer than drawing these small images.
"""

import collections
import dataclasses
import math

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import CausalConv, FullView, PixelView, RowView
from smoothing_tf.models import (
    GatedPixelCNN,
    GatedPixelCNNConfig,
    PixelCNN,
    PixelCNNConfig,
    PixelCNNpp,
    PixelCNNppConfig,
)
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.raster_sampler import RasterSampler
from tests.testing.density_model_contract import randomize

NO_CONDITION = Condition()
LABEL = tf.constant([3, 0, 2])
# Four rows of columns at the coarsest resolution and more than one block of each.
SHAPE = (8, 12)


class FourResolutions(PixelCNNpp):
    """A model whose far levels, those beyond the first two, nest."""

    num_resolutions = 4


MODELS = {
    "pixelcnnpp": (
        PixelCNNpp,
        PixelCNNppConfig(num_resnet=1, num_filters=6, num_mixtures=3),
        SHAPE,
    ),
    "four_resolutions": (
        FourResolutions,
        PixelCNNppConfig(num_resnet=1, num_filters=4, num_mixtures=1),
        (8, 8),
    ),
    "pixelcnn": (
        PixelCNN,
        PixelCNNConfig(num_blocks=2, num_filters=6, num_mixtures=3),
        (5, 7),
    ),
    "gated_pixelcnn": (
        GatedPixelCNN,
        GatedPixelCNNConfig(num_layers=3, num_filters=6, num_mixtures=3, kernel_size=3),
        (5, 7),
    ),
}


def make(
    num_channels=3,
    num_levels=None,
    takes_x_smoothed=False,
    num_classes=None,
    dtype="float64",
    name="pixelcnnpp",
    scale=0.1,
    **settings,
):
    model, config, size = MODELS[name]
    config = dataclasses.replace(config, **settings)
    return randomize(
        model(
            config,
            (*size, num_channels),
            num_levels,
            takes_x_smoothed,
            num_classes,
            dtype=dtype,
        ),
        scale=scale,
    )


def images(model, batch_size=3, seed=1):
    shape = [batch_size, *model.event_shape]
    return tf.random.stateless_normal(shape, [seed, 2], dtype=tf.float64)


def make_sampler(model, batch_size, condition):
    classes = model.one_hot(condition)
    view, features = FullView(classes=classes), None
    if condition.x_smoothed is not None:
        features = model.features(condition.x_smoothed, view)
    return RasterSampler(model, batch_size, features, classes)


def teacher_forced(model, x, condition=NO_CONDITION):
    """Parameters of every pixel, along a walk that draws the pixels of x."""
    height, width, num_channels = model.event_shape
    shape = [height, width, num_channels // model.num_channels]
    parts = tf.reshape(x, [-1, *shape, model.num_channels])
    positions = tf.reshape(tf.range(math.prod(shape)), shape)

    def look_up(params, place, state):
        is_here = positions == positions[place.row, place.column, place.part]
        state = tf.where(is_here[..., None], params[:, None, None, None], state)
        return place.of(parts), state

    params = tf.zeros([x.shape[0], *shape, model.head.num_params], x.dtype)
    sampler = make_sampler(model, x.shape[0], condition)
    drawn, params, _ = sampler.walk(look_up, params, x.dtype)
    return drawn, tf.reshape(params, [-1, *model.position_shape, params.shape[-1]])


def assert_drawn_by_full_passes(x, model, noise, condition, tolerance):
    """Checks that x is the sample of one full pass of the network per position.

    A position depends on earlier ones alone. So x is that sample if every position is
    what the head draws from the parameters of the full pass on x itself.
    """
    assert np.all(np.isfinite(x))
    values = model.head.draw(model(x, condition=condition), noise)
    expected = tf.reshape(values, x.shape)
    np.testing.assert_allclose(x, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    "name, num_channels, takes_x_smoothed, num_classes",
    [
        ("pixelcnnpp", 1, True, None),
        ("four_resolutions", 3, False, 4),
        ("pixelcnn", 1, True, 4),
        ("pixelcnn", 3, False, 4),
        ("gated_pixelcnn", 1, False, 4),
        ("gated_pixelcnn", 3, True, None),
    ],
)
def test_teacher_forced_parameters_are_those_of_the_full_pass(
    name, num_channels, takes_x_smoothed, num_classes
):
    model = make(
        num_channels,
        takes_x_smoothed=takes_x_smoothed,
        num_classes=num_classes,
        name=name,
    )
    x = images(model)
    condition = Condition(
        images(model, seed=5) if takes_x_smoothed else None,
        LABEL if num_classes else None,
    )
    drawn, params = teacher_forced(model, x, condition)
    expected = model(x, condition=condition)
    np.testing.assert_array_equal(drawn, x)
    error = np.max(np.abs(params - expected)) / np.max(np.abs(expected))
    assert error < 1e-12


def test_a_kernel_of_one_row_has_no_rows_above_to_remember():
    model = make(1, name="gated_pixelcnn", kernel_size=1)
    x = images(model)
    _, params = teacher_forced(model, x)
    np.testing.assert_allclose(params, model(x), rtol=1e-12, atol=1e-12)


# In float32 a component whose lead is within rounding may differ, and with it all later
# pixels; with this noise there is none.
@pytest.mark.parametrize(
    "num_levels, dtype, tolerance",
    [
        (None, "float64", 1e-10),
        (17, "float64", 1e-10),
        pytest.param(17, "float32", 1e-4, marks=pytest.mark.large),
    ],
)
def test_fixed_noise_gives_the_sample_of_full_passes(num_levels, dtype, tolerance):
    model = make(
        num_levels=num_levels, takes_x_smoothed=True, num_classes=4, dtype=dtype
    )
    # Small parameters, since free-running draws of extreme ones overflow.
    scales = model.nin_out.weight.g
    scales.assign(0.3 * scales)
    condition = Condition(tf.cast(images(model, seed=7), dtype), LABEL)
    noise = model.head.noise([3, *SHAPE], tf.constant([1, 2]), tf.as_dtype(dtype))
    x = model.draw(noise, condition)
    assert_drawn_by_full_passes(x, model, noise, condition, tolerance)


@pytest.mark.parametrize("name", ["pixelcnn", "gated_pixelcnn"])
@pytest.mark.parametrize(
    "head, num_levels",
    [(None, None), ("discretized_logistic_mixture", 17), ("categorical", 17)],
)
def test_sub_pixels_drawn_one_by_one_are_those_of_full_passes(name, head, num_levels):
    model = make(
        2, num_levels, takes_x_smoothed=True, num_classes=4, name=name, head=head
    )
    condition = Condition(images(model, seed=7), LABEL)
    noise = model.head.noise(
        [3, *model.position_shape], tf.constant([1, 2]), tf.float64
    )
    x = model.draw(noise, condition)
    assert_drawn_by_full_passes(x, model, noise, condition, 1e-10)


@pytest.mark.parametrize(
    "name, dtype, takes_x_smoothed, tolerance",
    [
        ("pixelcnnpp", "float32", False, 1e-5),
        ("pixelcnnpp", "mixed_bfloat16", True, 0.05),
        ("pixelcnn", "mixed_bfloat16", False, 0.05),
        ("gated_pixelcnn", "mixed_bfloat16", True, 0.05),
    ],
)
def test_lower_precision_follows_the_full_pass(
    name, dtype, takes_x_smoothed, tolerance
):
    model = make(dtype=dtype, name=name, takes_x_smoothed=takes_x_smoothed)
    x = tf.cast(images(model), tf.float32)
    condition = Condition(0.5 * x if takes_x_smoothed else None)
    _, params = teacher_forced(model, x, condition)
    expected = tf.cast(model(x, condition=condition), tf.float32)
    error = np.max(np.abs(params - expected)) / np.max(np.abs(expected))
    assert error < tolerance


def test_resampling_makes_copies_that_continue_independently():
    model = make(takes_x_smoothed=True, num_classes=4)
    # Draws of extreme parameters overflow.
    scales = model.nin_out.weight.g
    scales.assign(0.3 * scales)
    condition = Condition(images(model, seed=3), LABEL)
    noise = model.head.noise([3, *SHAPE], tf.constant([1, 2]), tf.float64)
    turn = tf.constant([1, 1, 2])

    def draw(params, place, state):
        return model.head.draw(params, place.of(noise)), state

    def resample(row, state):
        return tf.where(row == 2, turn, tf.range(3)), state

    @tf.function(autograph=False)
    def walk():
        sampler = make_sampler(model, 3, condition)
        return sampler.walk(draw, (), tf.float64, resample)

    x, _, origin = walk()
    np.testing.assert_array_equal(origin, turn)
    np.testing.assert_array_equal(x[0, :3], x[1, :3])
    assert np.all(x[0, 3:] != x[1, 3:])
    # The next row matches the full pass on the rows so far, with that condition.
    params = model(x, condition=condition.gather(origin))
    expected = model.head.draw(params, noise)
    np.testing.assert_allclose(x[:, 3:], expected[:, 3:], atol=1e-10)


def test_the_graph_has_two_rows_and_three_pixels_of_level_0_and_one_of_the_others(
    monkeypatch,
):
    model = make(1, num_filters=2, num_mixtures=1)
    copies = collections.Counter()
    for view in (RowView, PixelView):

        def count(self, layer, x, conv=view.conv):
            copies[type(self), layer.level, layer.stride] += 1
            return conv(self, layer, x)

        monkeypatch.setattr(view, "conv", count)
    noise = tf.TensorSpec([None, *SHAPE, 2], tf.float64)
    tf.function(model.draw, autograph=False).get_concrete_function(noise)
    layers = collections.Counter(
        (RowView if x.reach == "up" else PixelView, x.level, x.stride)
        for x in model.causal_layers()
        if isinstance(x, CausalConv)
    )
    of_level_0 = {RowView: 2, PixelView: 3}
    assert copies == {
        (view, level, stride): number
        * (of_level_0[view] if (level, stride) == (0, 1) else 1)
        for (view, level, stride), number in layers.items()
    }


@pytest.mark.parametrize(
    "num_resolutions", [2, pytest.param(3, marks=pytest.mark.large)]
)
def test_a_batch_of_a_fixed_size_compiles_under_xla(monkeypatch, num_resolutions):
    monkeypatch.setattr(PixelCNNpp, "num_resolutions", num_resolutions)
    config = PixelCNNppConfig(num_resnet=1, num_filters=4, num_mixtures=1)
    model = randomize(PixelCNNpp(config, (4, 8, 1), dtype="float64"), scale=0.1)
    noise = model.head.noise([2, 4, 8], tf.constant([1, 2]), tf.float64)
    x = tf.function(model.draw, jit_compile=True, autograph=False)(noise)
    np.testing.assert_allclose(model.head.draw(model(x), noise), x, rtol=1e-9)


@pytest.mark.large
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("takes_x_smoothed", [False, True])
@pytest.mark.parametrize("shape, num_filters", [((28, 28, 1), 40), ((32, 32, 3), 160)])
def test_parameters_at_the_published_sizes_are_those_of_the_full_pass(
    shape, num_filters, takes_x_smoothed
):
    config = PixelCNNppConfig(num_filters=num_filters)
    model = PixelCNNpp(config, shape, takes_x_smoothed=takes_x_smoothed)
    x = tf.random.stateless_uniform([2, *shape], [1, 2], -1.0, 1.0)
    condition = Condition()
    if takes_x_smoothed:
        condition = Condition(x + 0.3 * tf.random.stateless_normal(x.shape, [1, 3]))
    model.initialize_from(x, condition)
    walk = tf.function(
        lambda x, condition: teacher_forced(model, x, condition), autograph=False
    )
    _, params = walk(x, condition)
    expected = model(x, condition=condition)
    error = np.max(np.abs(params - expected)) / np.max(np.abs(expected))
    assert error < 1e-5
