"""The shipped flagfiles: the published settings that they state, and their models."""

import dataclasses
import functools
import pathlib
from unittest import mock

import keras
import numpy as np
import pytest
from keras.src.backend.common import global_state

from experiments.images.runs import SIZE_TOLERANCE
from smoothing_tf import config
from smoothing_tf.config.flagfiles import read_flagfile
from smoothing_tf.data.datasets.celeba import celeba
from smoothing_tf.models import DensityModel, build_model
from smoothing_tf.stage import TWO_STAGES, Stage
from smoothing_tf.training.fused_adam import FusedAdam

_CONFIGS = pathlib.Path(__file__).parents[1] / "configs"
# Shape and levels of an example of each data set.
_EXAMPLES = {
    "digits": ((8, 8, 1), 17),
    "photos": ((32, 32, 3), 256),
    "mnist": ((28, 28, 1), 256),
    "fashion_mnist": ((28, 28, 1), 256),
    "cifar10": ((32, 32, 3), 256),
    "celeba": ((32, 32, 3), 256),
    "rings": ((2,), None),
}


def parse(name):
    return config.parse([f"--flagfile={_CONFIGS / name}.cfg"])


def num_params(experiment, stage):
    event_shape, num_levels = _EXAMPLES[experiment.data.dataset]
    size = experiment.stages[stage]
    # Two data sets share a size and its models, of 100 million weights.
    return _num_params(
        size.model,
        size.model_config,
        stage,
        event_shape,
        num_levels,
    )


@functools.cache
def _num_params(model, model_config, stage, event_shape, num_levels):
    # Variables of which Keras knows the shape alone.
    with (
        mock.patch.object(DensityModel, "initialize", lambda self, seed: None),
        keras.StatelessScope(initialize_variables=False),
    ):
        built = build_model(
            model,
            model_config,
            stage=stage,
            event_shape=event_shape,
            num_levels=num_levels,
        )
    global_state.set_global_attribute("uninitialized_variables", [])
    return built.count_params()


@pytest.mark.parametrize("path", sorted(_CONFIGS.glob("*.cfg")), ids=lambda p: p.stem)
def test_models_of_every_configuration_are_built(path):
    experiment = parse(path.stem)
    smoothed, reverse, baseline = (num_params(experiment, stage) for stage in Stage)
    assert smoothed > 0
    if path.stem.removesuffix("_gpu").endswith("_pixelcnnpp"):
        size = pytest.approx(smoothed + reverse, rel=SIZE_TOLERANCE)
        assert baseline == size


# Setting -> published value, for both stages.
_PUBLISHED_MODEL = {
    "num_resnet": 5,
    "num_mixtures": 10,
    "dropout": 0.5,
    "spatial_dropout": True,  # The authors' Dropout2d.
    "conditioning": "stacked",
    "data_dependent_init": False,
    "head": None,  # A mixture of logistics.
}
_PUBLISHED_TRAINING = {
    "learning_rate": 2e-4,
    "learning_rate_schedule": "exponential",
    "learning_rate_decay": 0.999995,
    "adam_beta_2": 0.999,  # The default of PyTorch, which the authors do not change.
    "ema_momentum": 0.0,
    "clip_norm": None,
}


@pytest.mark.parametrize("stage, batch_size", [("smoothed", 80), ("reverse", 50)])
@pytest.mark.parametrize(
    "name, noise_scale, num_filters, num_examples",
    [
        ("mnist", 0.5, 40, 55_000),
        ("cifar10", 0.3, 160, 45_000),
        ("celeba", 0.3, 160, 141_819),
    ],
)
def test_published_settings(
    name, noise_scale, num_filters, num_examples, stage, batch_size
):
    experiment = parse(f"{name}_pixelcnnpp")
    assert experiment.data.dataset == name
    assert dataclasses.asdict(experiment.smoothing) == {
        "smoothing": "gaussian",
        "noise_scale": noise_scale,
    }
    part = experiment.stages[stage]
    assert (part.model, part.choice.compute_dtype) == ("pixelcnnpp", "float32")
    assert dataclasses.asdict(part.model_config) == {
        **_PUBLISHED_MODEL,
        "num_filters": num_filters,
    }
    training = dataclasses.asdict(part.training)
    assert training == training | _PUBLISHED_TRAINING | {"batch_size": batch_size}
    # At most 1000 epochs of whole batches.
    assert training["num_steps"] == 1000 * (num_examples // batch_size)


@pytest.mark.parametrize("name", ["mnist", "cifar10", "celeba"])
def test_a_configuration_for_gpus_differs_in_precision_alone(name):
    experiment = parse(f"{name}_pixelcnnpp_gpu")
    assert set(experiment.compute_dtypes(tuple(Stage)).values()) == {"bfloat16"}
    assert experiment.in_float32() == parse(f"{name}_pixelcnnpp")


def test_adam_averages_gradients_as_the_authors_does():
    assert FusedAdam().beta_1 == 0.9


def test_celeba_is_cropped_and_split_as_published():
    image = np.zeros((218, 178, 3), np.uint8)
    top, left = (218 - 140) // 2, (178 - 140) // 2
    image[top : top + 140, left : left + 140] = 255
    shrunk = celeba.shrink(image)
    assert shrunk.shape == (32, 32, 3)
    # The whole crop and nothing else.
    assert np.all(shrunk == 255)
    image[top, left : left + 140] = 0
    assert np.all(celeba.shrink(image)[0] < 255)
    total = 202_599
    assert round(celeba._TRAIN * total) == 141_819
    assert (celeba._TRAIN, celeba._TEST) == (0.7, 0.1)


@pytest.mark.parametrize("path", sorted(_CONFIGS.glob("*.cfg")), ids=lambda p: p.stem)
def test_every_line_says_what_differs_from_the_defaults(path):
    lines = read_flagfile(path)
    whole = config.parse(lines)
    for line in lines:
        if not line.startswith(("--dataset=", "--model=")):
            assert config.parse([x for x in lines if x != line]) != whole, line


def test_sizes_that_the_comments_compare():
    made, pixelcnnpp = (
        sum(num_params(parse(f"digits_{model}"), stage) for stage in TWO_STAGES)
        for model in ("made", "pixelcnnpp")
    )
    assert made == pytest.approx(pixelcnnpp, rel=SIZE_TOLERANCE)
    rings = sum(num_params(parse("rings_made"), stage) for stage in TWO_STAGES)
    assert rings == pytest.approx(90_000, rel=SIZE_TOLERANCE)


def test_both_stages_on_mnist_have_the_published_size():
    experiment = parse("mnist_pixelcnnpp")
    smoothed, reverse = (num_params(experiment, stage) for stage in TWO_STAGES)
    assert smoothed == reverse
    assert f"{smoothed / 1e6:.2f}" == "3.37"


def test_a_stage_on_cifar10_has_the_published_size():
    cifar10 = parse("cifar10_pixelcnnpp")
    assert f"{num_params(cifar10, 'reverse') / 1e6:.2f}" == "53.66"
