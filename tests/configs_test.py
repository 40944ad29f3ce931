"""The shipped flagfiles: what they say of the published settings, and their models."""

import functools
import pathlib

import pytest

from smoothing_tf import config
from smoothing_tf.artifacts import STAGES
from smoothing_tf.experiments.image_runs import SIZE_TOLERANCE
from smoothing_tf.models import build_model

_CONFIGS = pathlib.Path(__file__).parents[1] / "configs"
# Shape and levels of an example of each data set.
_EXAMPLES = {
    "digits": ((8, 8, 1), 17),
    "photos": ((32, 32, 3), 256),
    "mnist": ((28, 28, 1), 256),
    "cifar10": ((32, 32, 3), 256),
    "celeba": ((32, 32, 3), 256),
    "rings": ((2,), None),
}


def parse(name):
    return config.parse([f"--flagfile={_CONFIGS / name}.cfg"])


def num_params(experiment, stage):
    event_shape, num_levels = _EXAMPLES[experiment.data.dataset]
    size = experiment.stages[stage]
    # Two data sets of one size and its models: of 100 million weights.
    return _num_params(
        size.model,
        size.model_config,
        stage,
        event_shape,
        num_levels,
    )


@functools.cache
def _num_params(model, model_config, stage, event_shape, num_levels):
    built = build_model(
        model, model_config, stage=stage, event_shape=event_shape, num_levels=num_levels
    )
    return built.count_params()


@pytest.mark.parametrize("path", sorted(_CONFIGS.glob("*.cfg")), ids=lambda p: p.stem)
def test_models_of_every_configuration_are_built(path):
    experiment = parse(path.stem)
    smoothed, reverse, baseline = (num_params(experiment, stage) for stage in STAGES)
    assert smoothed > 0
    if path.stem.endswith("_pixelcnnpp"):
        size = pytest.approx(smoothed + reverse, rel=SIZE_TOLERANCE)
        assert baseline == size


@pytest.mark.parametrize(
    "name, noise_scale, num_filters, num_examples",
    [
        ("mnist", 0.5, 40, 55_000),
        ("cifar10", 0.3, 160, 45_000),
        ("celeba", 0.3, 160, 141_819),
    ],
)
def test_published_settings(name, noise_scale, num_filters, num_examples):
    experiment = parse(f"{name}_pixelcnnpp")
    assert experiment.data.dataset == name
    assert experiment.smoothing.smoothing == "gaussian"
    assert experiment.smoothing.noise_scale == noise_scale
    for stage, batch_size in (("smoothed", 80), ("reverse", 50)):
        model, training = (
            experiment.stages[stage].model_config,
            experiment.stages[stage].training,
        )
        assert (model.num_resnet, model.num_mixtures, model.dropout) == (5, 10, 0.5)
        assert (model.num_filters, model.conditioning) == (num_filters, "stacked")
        assert not model.data_dependent_init
        assert training.batch_size == batch_size
        assert training.learning_rate == 2e-4
        assert training.learning_rate_schedule == "exponential"
        assert training.learning_rate_decay == 0.999995
        assert training.ema_momentum == 0 and training.clip_norm is None
        assert training.num_steps == 1000 * (num_examples // batch_size)


def test_both_stages_on_mnist_have_the_published_size():
    experiment = parse("mnist_pixelcnnpp")
    smoothed, reverse = (num_params(experiment, stage) for stage in STAGES[:2])
    assert smoothed == reverse
    assert f"{smoothed / 1e6:.2f}" == "3.37"


def test_a_stage_on_cifar10_has_the_published_size():
    cifar10 = parse("cifar10_pixelcnnpp")
    assert f"{num_params(cifar10, 'reverse') / 1e6:.2f}" == "53.66"
