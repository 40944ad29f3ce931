"""Replicas and micro batches compute the steps of one device on whole batches."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf import config, workdir
from smoothing_tf.data.dataset import open_dataset
from smoothing_tf.models import MADE, MADEConfig, PixelCNNpp, PixelCNNppConfig
from smoothing_tf.smoothing import Gaussian
from smoothing_tf.training import TrainingConfig
from smoothing_tf.training.batches import training_arguments, validation_arguments
from smoothing_tf.training.replicas import check_replicas, num_micro_batches
from smoothing_tf.training.stage_trainer import StageTrainer
from tests.testing.strategies import mirrored
from tests.testing.tiny_data import tiny_dataset

SHAPE = (4, 4, 1)


def make_made():
    made = MADEConfig(hidden_units=(16,), num_mixtures=2)
    return MADE(made, SHAPE, takes_x_smoothed=True)


class SmallPixelCNNpp(PixelCNNpp):
    num_resolutions = 1


def make_pixelcnnpp():
    size = PixelCNNppConfig(num_resnet=1, num_filters=4, num_mixtures=1, dropout=0.0)
    return SmallPixelCNNpp(size, SHAPE, takes_x_smoothed=True)


class Run:
    """A few steps of the reverse stage; a batch has 8 examples."""

    def __init__(self, make_model, micro_batch_size=None, num_replicas=1):
        settings = TrainingConfig(
            batch_size=8, learning_rate=1e-3, micro_batch_size=micro_batch_size
        )
        several = num_replicas > 1
        strategy = mirrored() if several else tf.distribute.get_strategy()
        self.trainer = StageTrainer(
            "reverse", make_model, settings, seed=3, strategy=strategy
        )
        data = ("reverse", tiny_dataset(), Gaussian(0.3), settings)
        batches = training_arguments(*data, seed=3, start_step=0)
        self.trainer.initialize_from(next(iter(batches)))
        iterator = iter(self.trainer.distribute(batches))
        results = self.trainer.run_steps(iterator, 1)
        self.norm = results.gradient_norm[0]
        # After one step, Adam's momentum is 1 - beta_1 times the gradient.
        momentums = self.trainer._optimizer._momentums
        self.gradient = np.concatenate([np.ravel(m.numpy()) for m in momentums]) / 0.1
        self.nats = [results.nats[0], *self.trainer.run_steps(iterator, 49).nats]
        self.weights = [weight.numpy() for weight in self.trainer.model.weights]
        validation = validation_arguments(*data, seed=3)
        self.validation_nats = self.trainer.mean_nats(validation)


@functools.cache
def whole(make_model):
    """A run of one device on whole batches."""
    return Run(make_model)


@pytest.mark.parametrize(
    ("make_model", "micro_batch_size", "num_replicas"),
    [
        pytest.param(make_made, 2, 1, marks=pytest.mark.large),
        pytest.param(make_made, None, 2, marks=pytest.mark.large),
        (make_made, 2, 2),
        pytest.param(make_pixelcnnpp, 2, 1, marks=pytest.mark.large),
        pytest.param(make_pixelcnnpp, 2, 2, marks=pytest.mark.large),
    ],
)
def test_fifty_steps_are_those_of_one_device_on_whole_batches(
    make_model, micro_batch_size, num_replicas
):
    expected = whole(make_model)
    found = Run(make_model, micro_batch_size, num_replicas)
    assert expected.norm == pytest.approx(np.linalg.norm(expected.gradient), rel=1e-5)
    error = np.linalg.norm(found.gradient - expected.gradient)
    assert error <= 1e-6 * expected.norm
    np.testing.assert_allclose(found.nats, expected.nats, rtol=1e-5)
    for weight, other in zip(found.weights, expected.weights, strict=True):
        np.testing.assert_allclose(weight, other, rtol=1e-4, atol=1e-5)
    assert found.validation_nats == pytest.approx(expected.validation_nats, rel=1e-5)


def test_the_number_of_micro_batches_is_that_of_a_replica():
    settings = TrainingConfig(batch_size=80, micro_batch_size=10)
    assert [num_micro_batches(settings, n) for n in (1, 2, 8)] == [8, 4, 1]
    assert num_micro_batches(TrainingConfig(batch_size=80), 2) == 1


def test_shares_that_are_not_even_are_refused():
    check_replicas(TrainingConfig(batch_size=80, micro_batch_size=20), 4)
    with pytest.raises(ValueError, match="`batch_size` must be a multiple .*, 3; got"):
        check_replicas(TrainingConfig(batch_size=80), 3)
    message = "`micro_batch_size` must divide 10, the examples .* 8 replicas; got 20."
    with pytest.raises(ValueError, match=message):
        check_replicas(TrainingConfig(batch_size=80, micro_batch_size=20), 8)


def test_xla_compiles_steps_of_one_replica():
    check_replicas(TrainingConfig(jit_compile=True), 1)
    with pytest.raises(ValueError, match="`jit_compile` must be false with 2 replicas"):
        check_replicas(TrainingConfig(jit_compile=True), 2)


def test_shares_are_checked_before_a_run_is_written(tmp_path):
    run = config.parse(["--dataset=rings", "--noise_scale=0.3", "--batch_size=9"])
    with pytest.raises(ValueError, match="`batch_size` must be a multiple"):
        dataset = open_dataset(run.data)
        workdir.train(run, dataset, tmp_path / "run", ("smoothed",), mirrored())
    assert not (tmp_path / "run").exists()
