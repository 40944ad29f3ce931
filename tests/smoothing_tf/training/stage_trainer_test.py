import keras
import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models import MADE, MADEConfig, PixelCNNpp, PixelCNNppConfig
from smoothing_tf.models.condition import Condition
from smoothing_tf.seeds import derive_seed
from smoothing_tf.smoothing import Gaussian
from smoothing_tf.training import TrainingConfig
from smoothing_tf.training.batches import training_arguments, validation_arguments
from smoothing_tf.training.stage_trainer import StageTrainer
from tests.testing.strategies import mirrored
from tests.testing.tiny_data import tiny_dataset
from tests.testing.tiny_models import TinyModel, make_tiny_model

SHAPE = (4, 4, 1)
CONFIG = dict(num_steps=6, batch_size=4, learning_rate=0.05)


def make_trainer(stage="reverse", strategy=None, dropout=0.0, draw=None, **settings):
    return StageTrainer(
        stage,
        lambda: make_tiny_model(stage, SHAPE, dropout=dropout),
        TrainingConfig(**(CONFIG | settings)),
        seed=3,
        strategy=strategy or tf.distribute.get_strategy(),
        draw=draw,
    )


def batches(trainer, stage="reverse", start_step=0):
    arguments = training_arguments(
        stage,
        tiny_dataset(),
        Gaussian(0.3),
        TrainingConfig(**CONFIG),
        seed=3,
        start_step=start_step,
    )
    return iter(trainer.distribute(arguments))


def weights(model):
    return [weight.numpy() for weight in model.weights]


def assert_same(actual, expected, **tolerance):
    for a, b in zip(actual, expected, strict=True):
        if tolerance:
            np.testing.assert_allclose(a, b, **tolerance)
        else:
            np.testing.assert_array_equal(a, b)


def test_two_replicas_give_the_weights_of_one_with_clipping():
    """replicas_test.py compares them without."""
    one = make_trainer("smoothed", clip_norm=0.5)
    two = make_trainer("smoothed", clip_norm=0.5, strategy=mirrored())
    results_one = one.run_steps(batches(one, "smoothed"), 6)
    results_two = two.run_steps(batches(two, "smoothed"), 6)
    np.testing.assert_allclose(results_one.nats, results_two.nats, rtol=1e-5)
    np.testing.assert_allclose(
        results_one.gradient_norm, results_two.gradient_norm, rtol=1e-4
    )
    assert_same(weights(two.model), weights(one.model), rtol=1e-4, atol=1e-5)
    assert_same(weights(two.averaged), weights(one.averaged), rtol=1e-4, atol=1e-5)


def test_replicas_drop_out_differently_and_hold_equal_weights():
    trainer = make_trainer(dropout=0.5, strategy=mirrored())
    trainer.run_steps(batches(trainer), 3)
    for weight in trainer.model.weights:
        first, second = weight.value.values
        np.testing.assert_array_equal(first.numpy(), second.numpy())
    one = make_trainer(dropout=0.5)
    one.run_steps(batches(one), 3)
    assert not np.allclose(one.model.loc.numpy(), trainer.model.loc.numpy())


class SeedModel(TinyModel):
    """A model whose likelihoods are drawn from the seed of dropout."""

    def log_prob(self, x, condition=None, *, dropout_seed=None):
        draws = tf.random.stateless_uniform([tf.shape(x)[0]], dropout_seed)
        return draws + 0.0 * super().log_prob(x, condition)


@pytest.mark.parametrize("micro_batch_size", [None, 4, 2])
def test_dropout_has_a_seed_for_each_step_and_micro_batch(micro_batch_size):
    trainer = StageTrainer(
        "reverse",
        lambda: SeedModel(SHAPE, takes_x_smoothed=True),
        TrainingConfig(**CONFIG, micro_batch_size=micro_batch_size),
        seed=3,
        strategy=tf.distribute.get_strategy(),
    )
    results = trainer.run_steps(batches(trainer), 2)
    for step, nats in enumerate(results.nats):
        # The step and the replica; the last index counts micro batches of 2.
        indices = [(step, 0, 0), (step, 0, 1)]
        if micro_batch_size != 2:
            indices = [(step, 0)]
        draws = [
            tf.random.stateless_uniform(
                [4 // len(indices)], derive_seed(3, "dropout reverse", *index)
            )
            for index in indices
        ]
        assert nats == pytest.approx(-np.mean(np.concatenate(draws)), rel=1e-6)


def test_steps_per_call_do_not_matter():
    at_once, in_parts = make_trainer(dropout=0.5), make_trainer(dropout=0.5)
    at_once.run_steps(batches(at_once), 6)
    iterator = batches(in_parts)
    for num_steps in (1, 3, 2):
        in_parts.run_steps(iterator, num_steps)
    assert at_once.step == in_parts.step == 6
    assert_same(weights(in_parts.model), weights(at_once.model))
    assert_same(weights(in_parts.averaged), weights(at_once.averaged))


def make_drawing_trainer():
    """Makes a trainer that draws the batches of `batches` at each of six steps."""
    iterator = batches(make_trainer())
    steps = [next(iterator) for _ in range(6)]
    x, x_smoothed = (
        tf.stack(part)
        for part in zip(*((x, p["x_smoothed"]) for x, p in steps), strict=True)
    )
    return make_trainer(draw=lambda step: (x[step], Condition(x_smoothed[step])))


@pytest.mark.usefixtures("eager")
def test_drawn_steps_are_those_on_the_same_batches():
    given, drawn = make_trainer(), make_drawing_trainer()
    expected = given.run_steps(batches(given), 6)
    results = [drawn.run_drawn_steps(number) for number in (4, 2)]
    assert drawn.step == 6
    nats = np.concatenate([result.nats for result in results])
    np.testing.assert_allclose(nats, expected.nats, rtol=1e-5)
    assert_same(weights(drawn.model), weights(given.model), rtol=1e-4, atol=1e-5)
    assert_same(weights(drawn.averaged), weights(given.averaged), rtol=1e-4, atol=1e-5)


def test_a_new_start_leaves_nothing_of_the_one_before():
    trainer = make_drawing_trainer()
    initial = trainer.model.get_weights()
    ends = []
    for _ in range(2):
        trainer.start_from(initial)
        assert trainer.step == 0
        assert_same(weights(trainer.model), initial)
        trainer.run_drawn_steps(6)
        assert trainer.step == 6
        ends.append(weights(trainer.model) + weights(trainer.averaged))
    assert_same(*ends)
    assert not np.allclose(ends[0][0], initial[0])


def test_first_step_is_adam_of_the_mean_negative_log_likelihood():
    trainer = make_trainer()
    model = make_tiny_model("reverse", SHAPE)
    x, parts = next(batches(trainer))
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(model.log_prob(x, Condition(**parts)))
    gradients = tape.gradient(loss, model.trainable_variables)
    keras.optimizers.Adam(0.05).apply(gradients, model.trainable_variables)
    results = trainer.run_steps(batches(trainer), 1)
    assert results.nats[0] == pytest.approx(float(loss), rel=1e-6)
    assert_same(weights(trainer.model), weights(model), rtol=1e-5, atol=1e-6)


def test_clipping_bounds_the_gradient_not_its_report():
    trainer = make_trainer(clip_norm=1e-6)
    results = trainer.run_steps(batches(trainer), 1)
    assert results.gradient_norm[0] > 1e-3


@pytest.mark.parametrize("strategy", [None, "mirrored"])
def test_average_warms_up_and_follows_the_weights(strategy):
    trainer = make_trainer(ema_momentum=0.2, strategy=mirrored() if strategy else None)
    iterator = batches(trainer)
    expected = None
    for step in range(6):
        trainer.run_steps(iterator, 1)
        momentum = min(0.2, step / (10 + step))
        if expected is None:
            expected = weights(trainer.model)
        expected = [
            momentum * average + (1 - momentum) * weight
            for average, weight in zip(expected, weights(trainer.model), strict=True)
        ]
        assert_same(weights(trainer.averaged), expected, rtol=1e-5, atol=1e-6)


def test_momentum_zero_is_no_average():
    trainer = make_trainer(ema_momentum=0.0)
    trainer.run_steps(batches(trainer), 3)
    assert_same(weights(trainer.averaged), weights(trainer.model))


def test_validation_is_the_mean_under_the_averaged_weights_and_touches_nothing():
    trainer, undisturbed = make_trainer(dropout=0.5), make_trainer(dropout=0.5)
    iterator = batches(trainer)
    trainer.run_steps(iterator, 3)
    before = weights(trainer.model)
    validation = validation_arguments(
        "reverse", tiny_dataset(), Gaussian(0.3), TrainingConfig(**CONFIG), seed=3
    )
    nats = trainer.mean_nats(validation)
    assert_same(weights(trainer.model), before)
    expected = []
    for (x, parts), counts in validation.batches:
        log_prob = trainer.averaged.log_prob(x, Condition(**parts)).numpy()
        expected.extend(-log_prob[counts.numpy()])
    assert nats == pytest.approx(np.mean(expected), rel=1e-6)
    # Training then continues as if nothing had happened.
    trainer.run_steps(iterator, 3)
    undisturbed.run_steps(batches(undisturbed), 6)
    assert_same(weights(trainer.model), weights(undisturbed.model))
    assert_same(weights(trainer.averaged), weights(undisturbed.averaged))


def test_validation_on_two_replicas_is_that_on_one():
    validation = validation_arguments(
        "reverse", tiny_dataset(), Gaussian(0.3), TrainingConfig(**CONFIG), seed=3
    )
    one, two = make_trainer(), make_trainer(strategy=mirrored())
    assert two.mean_nats(validation) == pytest.approx(
        one.mean_nats(validation), rel=1e-6
    )


@pytest.mark.parametrize("strategy", [None, "mirrored"])
def test_the_first_batch_initializes_both_models_on_every_replica(
    strategy, monkeypatch
):
    # Fewer layers, each of which is initialized alike.
    monkeypatch.setattr(PixelCNNpp, "num_resolutions", 1)

    def make():
        config = PixelCNNppConfig(num_resnet=1, num_filters=3, num_mixtures=1)
        return PixelCNNpp(config, SHAPE, takes_x_smoothed=True)

    batch = x, parts = next(batches(make_trainer()))
    expected = make()
    expected.initialize_from(x, Condition(**parts))
    trainer = StageTrainer(
        "reverse",
        make,
        TrainingConfig(**CONFIG),
        seed=3,
        strategy=mirrored() if strategy else tf.distribute.get_strategy(),
    )
    trainer.initialize_from(batch)
    for model in (trainer.model, trainer.averaged):
        assert_same(weights(model), weights(expected))
        for weight in model.weights:
            for copy in getattr(weight.value, "values", ()):
                np.testing.assert_array_equal(copy.numpy(), weight.numpy())


@pytest.mark.usefixtures("eager")
def test_replicas_share_a_batch_with_its_labels():
    def make():
        config = MADEConfig(hidden_units=(4,), num_mixtures=1)
        return MADE(config, (3,), takes_x_smoothed=True, num_classes=3)

    dataset = tiny_dataset((3,), None)
    ends = []
    for strategy in (tf.distribute.get_strategy(), mirrored()):
        trainer = StageTrainer(
            "reverse", make, TrainingConfig(**CONFIG), seed=3, strategy=strategy
        )
        arguments = training_arguments(
            "reverse",
            dataset,
            Gaussian(0.3),
            TrainingConfig(**CONFIG),
            seed=3,
            start_step=0,
            with_labels=True,
        )
        trainer.run_steps(iter(trainer.distribute(arguments)), 3)
        ends.append(weights(trainer.model))
    assert_same(*ends, rtol=1e-4, atol=1e-5)
    table = ends[0][[w.name for w in trainer.model.weights].index("table")]
    assert not np.allclose(table, make().class_biases[0].table)


def test_batch_that_does_not_divide_is_rejected():
    with pytest.raises(ValueError, match="`batch_size` must be a multiple"):
        make_trainer(strategy=mirrored(), batch_size=3)
