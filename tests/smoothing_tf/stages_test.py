"""Models of stages: initial weights of their own, and the trained ones."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf import config, stages
from smoothing_tf.layers import fast_gradients
from smoothing_tf.models import PixelCNNpp
from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.condition import Condition

IMAGES = types.SimpleNamespace(event_shape=(8, 8, 1), num_levels=17)
VECTORS = types.SimpleNamespace(event_shape=(4,), num_levels=None)
SMALL = {
    "pixelcnnpp": [
        "--num_resnet=1",
        "--num_filters=8",
        "--num_mixtures=2",
        "--dropout=0",
    ],
    "made": ["--hidden_units=32", "--num_mixtures=2"],
    "realnvp": ["--num_couplings=2", "--hidden_units=16"],
    "pixelcnn": ["--num_blocks=1", "--num_filters=8", "--num_mixtures=2"],
    "gated_pixelcnn": ["--num_layers=2", "--num_filters=8", "--num_mixtures=2"],
}


def test_loaded_weights_are_the_trained_ones(run_dir, experiment, dataset):
    fresh = stages.make_model(experiment, "smoothed", dataset)
    trained = stages.load_stage(experiment, "smoothed", dataset, run_dir / "smoothed")
    x = tf.zeros([1, 8, 8, 1])
    assert trained.log_prob(x) > fresh.log_prob(x)


def test_loaded_stages_know_their_steps(run_dir, experiment, dataset):
    directories = {"baseline": run_dir / "baseline"}
    trained = stages.load_stages(experiment, dataset, directories)
    assert trained.steps == {"baseline": 6}


def test_stages_begin_with_weights_of_their_own(experiment, dataset):
    smoothed, baseline = (
        stages.make_model(experiment, stage, dataset)
        for stage in ("smoothed", "baseline")
    )
    assert np.any(smoothed.hidden[0].kernel != baseline.hidden[0].kernel)


def make_models(name, data, compute_dtype):
    flags = [f"--model={name}", f"--compute_dtype={compute_dtype}", *SMALL[name]]
    experiment = config.parse(flags)
    return {
        stage: stages.make_model(experiment, stage, data)
        for stage in ("smoothed", "reverse")
    }


@pytest.mark.parametrize(
    "name, data",
    [
        ("pixelcnnpp", IMAGES),
        ("pixelcnn", IMAGES),
        ("gated_pixelcnn", IMAGES),
        ("made", IMAGES),
        ("realnvp", VECTORS),
    ],
)
def test_half_precision_keeps_weights_loss_and_gradients_float32(name, data):
    half, full = (make_models(name, data, d) for d in ("bfloat16", "float32"))
    clean = (
        tf.round(8 * tf.random.stateless_uniform((6, *data.event_shape), [1, 2])) / 8
    )
    x_smoothed = clean + 0.3 * tf.random.stateless_normal(clean.shape, [3, 4])
    for stage, (x, condition) in (
        ("smoothed", (x_smoothed, Condition())),
        ("reverse", (clean, Condition(x_smoothed))),
    ):
        for model in (half[stage], full[stage]):
            model.initialize_from(x, condition)
        model = half[stage]
        assert {weight.dtype for weight in model.weights} == {"float32"}
        assert model.compute_dtype == "bfloat16"
        if isinstance(model, AutoregressiveModel):
            assert model(x, condition=condition).dtype == tf.float32
        with tf.GradientTape() as tape:
            tape.watch(x_smoothed)
            # The seed selects the view of training; nothing is dropped.
            log_prob = model.log_prob(x, condition, dropout_seed=[1, 2])
        weights = [weight.value for weight in model.trainable_variables]
        gradients = tape.gradient(log_prob, [x_smoothed, *weights])
        for tensor in (log_prob, *gradients):
            assert tensor.dtype == tf.float32 and np.all(np.isfinite(tensor))
        expected = full[stage].log_prob(x, condition)
        np.testing.assert_allclose(log_prob, expected, rtol=0.02, atol=0.1)
        in_float64 = model.log_prob(
            *tf.nest.map_structure(
                lambda part: part if part is None else tf.cast(part, tf.float64),
                (x, condition),
            )
        )
        assert in_float64.dtype == tf.float64
        np.testing.assert_allclose(in_float64, log_prob, rtol=0.02, atol=0.1)


def test_half_precision_learns_as_well_as_float32(monkeypatch):
    monkeypatch.setattr(PixelCNNpp, "num_resolutions", 1)  # A quarter of the layers.
    monkeypatch.setattr(fast_gradients, "_MIN_CHANNELS_SQUARED", 1)
    x = tf.random.stateless_normal((20, 8, 8, 1), [1, 2])
    losses = []
    for dtype in ("bfloat16", "float32"):
        model = make_models("pixelcnnpp", IMAGES, dtype)["smoothed"]
        model.initialize_from(x)
        optimizer = keras.optimizers.Adam(0.01)

        variables = model.trainable_variables
        losses.append([])
        for _ in range(4):
            with tf.GradientTape() as tape:
                # The seed selects the view of training; nothing is dropped.
                loss = -tf.reduce_mean(model.log_prob(x, dropout_seed=[1, 2]))
            optimizer.apply(tape.gradient(loss, variables), variables)
            losses[-1].append(float(loss))
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.05)
    assert losses[0][-1] < losses[0][0] - 1
