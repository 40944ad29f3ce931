"""Steps compiled by XLA are the plain ones; what XLA cannot compile is found early."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf import config, workdir
from smoothing_tf.data.dataset import open_dataset
from smoothing_tf.models import MADE, MADEConfig
from smoothing_tf.smoothing import Gaussian
from smoothing_tf.training import TrainingConfig
from smoothing_tf.training.batches import training_arguments
from smoothing_tf.training.stage_trainer import StageTrainer
from smoothing_tf.training.xla_check import check_compiles
from tests.testing.tiny_data import tiny_dataset
from tests.testing.tiny_models import TinyModel
from tests.testing.train_tiny import train

SHAPE = (3,)


def make_made():
    model = MADEConfig(hidden_units=(8,), num_mixtures=2)
    return MADE(model, SHAPE, takes_x_smoothed=True, num_classes=3)


def train_made(**settings):
    settings = TrainingConfig(batch_size=8, learning_rate=0.01, **settings)
    strategy = tf.distribute.get_strategy()
    trainer = StageTrainer("reverse", make_made, settings, seed=3, strategy=strategy)
    batches = training_arguments(
        *("reverse", tiny_dataset(SHAPE, None), Gaussian(0.3), settings),
        seed=3,
        start_step=0,
        with_labels=True,
    )
    before = trainer.model.get_weights()
    check_compiles(trainer, "reverse", settings)
    for weight, other in zip(trainer.model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, other)
    results = trainer.run_steps(iter(batches), 3)
    return results, [*trainer.model.get_weights(), *trainer.averaged.get_weights()]


def test_compiled_steps_are_the_plain_ones():
    results, weights = train_made(jit_compile=True, micro_batch_size=4)
    expected, expected_weights = train_made(micro_batch_size=4)
    np.testing.assert_allclose(results.nats, expected.nats, rtol=1e-5)
    np.testing.assert_allclose(results.gradient_norm, expected.gradient_norm, rtol=1e-4)
    for weight, other in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(weight, other, rtol=1e-4, atol=1e-5)


class PythonModel(TinyModel):
    """A model with a Python function, which XLA cannot compile."""

    def log_prob(self, x, condition=None, *, dropout_seed=None):
        log_prob = super().log_prob(x, condition)
        return tf.py_function(lambda y: y, [log_prob], tf.float32)


def test_what_xla_cannot_compile_is_found_before_training(tmp_path):
    def make_model():
        return PythonModel((4, 4, 1), takes_x_smoothed=True)

    with pytest.raises(ValueError, match="stage 'reverse': XLA cannot .* EagerPyFunc"):
        train(tmp_path / "run", make_model=make_model, jit_compile=True)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["history.jsonl"]
    assert not (tmp_path / "run" / "history.jsonl").read_text()


def test_a_later_stage_is_checked_before_the_first_is_trained(tmp_path, monkeypatch):
    log_prob = MADE.log_prob

    def python_log_prob(model, x, condition=None, **kwargs):
        y = log_prob(model, x, condition, **kwargs)
        if not model.takes_x_smoothed:
            return y
        return tf.py_function(lambda y: y, [y], tf.float32)

    monkeypatch.setattr(MADE, "log_prob", python_log_prob)
    run = config.parse(
        [
            *("--dataset=rings", "--model=made", "--hidden_units=4"),
            *("--num_mixtures=1", "--noise_scale=0.3", "--jit_compile"),
        ]
    )
    with pytest.raises(ValueError, match="`jit_compile` .* stage 'reverse'") as error:
        dataset = open_dataset(run.data)
        workdir.train(run, dataset, tmp_path / "run", ("smoothed", "reverse"))
    assert "add --reverse_jit_compile=false." in str(error.value)
    assert "{{" not in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()
