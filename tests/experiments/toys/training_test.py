"""Training on fresh draws: validation chooses the start, and stages get their data."""

import numpy as np
import pytest
import tensorflow as tf

from experiments.toys import training
from experiments.toys.training import fit, make_stage_draw
from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.seeds import derive_seed
from smoothing_tf.smoothing import Uniform
from smoothing_tf.training import TrainingConfig
from tests.testing.eagerly import eagerly
from tests.testing.tiny_models import TinyModel

SPIKES = DENSITIES["spikes"]()


@pytest.fixture
def _not_compiled(monkeypatch):
    """Runs ten steps in place of a hundred compiled ones."""
    monkeypatch.setattr(training, "_STEPS_PER_CALL", 10)
    with eagerly():
        yield


def make_model(seed: tf.Tensor) -> TinyModel:
    """Makes a model whose initial location depends on the seed."""
    model = TinyModel((1,))
    model.loc.assign(3.0 * tf.random.stateless_normal([1], seed))
    return model


def run(learning_rate: float, make_model=make_model, **arguments):
    return fit(
        "baseline",
        make_model,
        make_stage_draw("baseline", SPIKES, None, seed=4),
        TrainingConfig(
            num_steps=arguments.pop("num_steps", 100),
            batch_size=20,
            learning_rate=learning_rate,
            ema_momentum=0.0,
        ),
        seed=4,
        **arguments,
    )


def validation_loss(model):
    """Minus the mean of log p over the draws of validation."""
    x = SPIKES.sample(10_000, seed=derive_seed(4, "baseline data", tf.constant(-1)))
    return -float(np.mean(model.log_prob(x)))


@pytest.mark.usefixtures("_not_compiled")
def test_the_start_with_the_lowest_validation_loss_is_trained():
    seeds = [derive_seed(4, "initial weights baseline", number) for number in range(5)]

    def make_bad_first(seed):
        model = make_model(seed)
        is_first = tf.reduce_all(seed == seeds[0])
        model.loc.assign(tf.where(is_first, np.nan, model.loc))
        return model

    # Training hardly moves the weights, so they show which start was chosen.
    fitted = run(1e-8, make_bad_first, num_steps=10, num_restarts=5, restart_steps=10)
    starts = [make_model(seed) for seed in seeds]
    losses = [validation_loss(start) for start in starts]
    assert fitted.restarts[0] is None, "it diverged"
    np.testing.assert_allclose(fitted.restarts[1:], losses[1:], rtol=1e-4)
    best = 1 + int(np.argmin(losses[1:]))
    assert best != 1, "the first start left would be the one without any choice"
    np.testing.assert_allclose(fitted.model.loc, starts[best].loc, atol=1e-4)
    assert fitted.validation_nats == pytest.approx(losses[best], rel=1e-4)


def test_training_lowers_the_loss_and_is_reproducible():
    fitted = run(0.02, num_steps=300)
    assert fitted.restarts == []
    start = make_model(derive_seed(4, "initial weights baseline", 0))
    assert fitted.validation_nats < validation_loss(start)
    again = run(0.02, num_steps=300)
    assert again.validation_nats == fitted.validation_nats


@pytest.mark.usefixtures("_not_compiled")
def test_starts_that_all_diverge_stop_the_training():
    with pytest.raises(FloatingPointError, match="diverged from each of 2 starts"):
        bad = TinyModel((1,))
        bad.loc.assign([np.nan])
        run(1e-8, lambda seed: bad, num_steps=10, num_restarts=2, restart_steps=10)


@pytest.mark.usefixtures("_not_compiled")
def test_a_loss_that_is_not_a_number_stops_the_training():
    with pytest.raises(FloatingPointError, match="'baseline' stopped: the loss before"):
        fit(
            "baseline",
            lambda seed: TinyModel((1,), scale=float("nan")),
            make_stage_draw("baseline", SPIKES, None, seed=0),
            TrainingConfig(num_steps=10, batch_size=5),
            seed=0,
        )


@pytest.mark.parametrize("stage", ["smoothed", "reverse", "joint", "baseline"])
def test_every_step_of_a_stage_has_fresh_draws(stage):
    draw = make_stage_draw(stage, SPIKES, Uniform(0.5), seed=1)(200)
    first, again, other = (
        [part for part in tf.nest.flatten(draw(tf.constant(step))) if part is not None]
        for step in (3, 3, 4)
    )
    assert len(first) == {"reverse": 2, "joint": 2}.get(stage, 1)
    for values, same, different in zip(first, again, other, strict=True):
        assert values.shape == (200, 1)
        np.testing.assert_array_equal(values, same)
        assert np.mean(values == different) < 0.05
    if len(first) == 2:
        noise = first[1] - first[0]
        assert np.max(np.abs(noise)) < 0.5 * np.sqrt(3.0) + 1e-5
        assert np.std(noise) == pytest.approx(0.5, rel=0.1)
    # Only clean data lie within the narrow spikes.
    is_clean = np.isfinite(SPIKES.log_prob(first[0])) & (
        SPIKES.log_prob(first[0]) > -10.0
    )
    assert np.all(is_clean) == (stage != "smoothed")


def test_zero_starts_are_rejected():
    with pytest.raises(ValueError, match="`num_restarts` must be at least 1; got 0"):
        run(0.02, num_restarts=0)
