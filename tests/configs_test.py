"""The shipped flagfiles: what they say of the published settings, and their models."""

import pathlib
import types

import pytest

from smoothing_tf import config, stages
from smoothing_tf.artifacts import STAGES

_CONFIGS = pathlib.Path(__file__).parents[1] / "configs"
_IMAGES = {"mnist": (28, 28, 1), "cifar10": (32, 32, 3), "photos": (32, 32, 3)}


def parse(name):
    return config.parse([f"--flagfile={_CONFIGS / name}_pixelcnnpp.cfg"])


def num_params(experiment, stage):
    dataset = types.SimpleNamespace(
        event_shape=_IMAGES[experiment.data.dataset], num_levels=256
    )
    return stages.make_model(experiment, stage, dataset).count_params()


@pytest.mark.parametrize(
    "name, noise_scale, num_filters, num_examples",
    [
        ("mnist", 0.5, 40, 55_000),
        ("cifar10", 0.3, 160, 45_000),
        ("celeba", 0.3, 160, 141_819),
    ],
)
def test_published_settings(name, noise_scale, num_filters, num_examples):
    experiment = parse(name)
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
    experiment = parse("mnist")
    smoothed, reverse, baseline = (num_params(experiment, stage) for stage in STAGES)
    assert smoothed == reverse
    assert f"{smoothed / 1e6:.2f}" == "3.37"
    assert baseline == pytest.approx(smoothed + reverse, rel=0.03)


def test_a_stage_on_cifar10_has_the_published_size():
    cifar10, celeba = parse("cifar10"), parse("celeba")
    for stage in STAGES:
        assert cifar10.stages[stage].model_config == celeba.stages[stage].model_config
    assert f"{num_params(cifar10, 'reverse') / 1e6:.2f}" == "53.66"


def test_models_of_the_photos_are_built():
    experiment = parse("photos")
    smoothed, reverse, baseline = (num_params(experiment, stage) for stage in STAGES)
    assert baseline == pytest.approx(smoothed + reverse, rel=0.1)
