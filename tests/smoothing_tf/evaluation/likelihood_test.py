import math

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.data.input_pipeline import evaluation_batches
from smoothing_tf.evaluation.likelihood import (
    evaluate_bound,
    evaluate_log_prob,
    missing_bound,
    paired_difference,
)
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.numerics import levels_to_unit, unit_to_levels
from smoothing_tf.smoothing import Gaussian
from tests.testing.tiny_data import tiny_dataset
from tests.testing.tiny_models import make_tiny_model

tfd = tfp.distributions

NUM_LEVELS = 256
NOISE_SCALE = 0.3


class _ExactSmoothed(DensityModel):
    """q(x~) of independent uniform levels."""

    def log_prob(self, x, condition=None, *, dropout_seed=None):
        values = levels_to_unit(tf.range(NUM_LEVELS), NUM_LEVELS, x.dtype)
        kernel = tfd.Normal(values, tf.constant(NOISE_SCALE, x.dtype))
        log_joint = kernel.log_prob(x[..., tf.newaxis]) - math.log(NUM_LEVELS)
        return tf.reduce_sum(tf.reduce_logsumexp(log_joint, -1), axis=(1, 2, 3))

    def sample(self, num_samples, condition=None, *, seed):
        raise NotImplementedError


class _ExactReverse(_ExactSmoothed):
    """The posterior p(x | x~) of independent uniform levels."""

    def log_prob(self, x, condition=None, *, dropout_seed=None):
        values = levels_to_unit(tf.range(NUM_LEVELS), NUM_LEVELS, x.dtype)
        kernel = tfd.Normal(values, tf.constant(NOISE_SCALE, x.dtype))
        log_probs = tf.nn.log_softmax(
            kernel.log_prob(condition.x_smoothed[..., tf.newaxis])
        )
        levels = tf.cast(unit_to_levels(x, NUM_LEVELS), tf.int32)
        chosen = tf.gather(log_probs, levels, batch_dims=4)
        return tf.reduce_sum(chosen, axis=(1, 2, 3))


def _tiny_two_stage(shape=(4, 4, 1)):
    return TwoStageModel(
        Gaussian(NOISE_SCALE),
        make_tiny_model("smoothed", shape),
        make_tiny_model("reverse", shape),
    )


def _draws(dataset, batch_size, split="test"):
    def batches(draw):
        return evaluation_batches(
            dataset,
            Gaussian(NOISE_SCALE),
            split=split,
            batch_size=batch_size,
            seed=1,
            draw=draw,
        )

    return batches


def _evaluate(batches, **kwargs):
    return evaluate_bound(_tiny_two_stage(), batches, num_levels=4, **kwargs)


def test_exact_posterior_gives_eight_bits_with_every_draw():
    shape = (2, 3, 1)
    exact = TwoStageModel(
        Gaussian(NOISE_SCALE), _ExactSmoothed(shape, False), _ExactReverse(shape, True)
    )
    dataset = tiny_dataset(shape, NUM_LEVELS)
    for num_draws in (1, 3):
        metrics, per_image = evaluate_bound(
            exact,
            _draws(dataset, batch_size=5),
            num_levels=NUM_LEVELS,
            num_draws=num_draws,
            num_importance_draws=2,
        )
        np.testing.assert_allclose(per_image["bits_per_dim"], 8.0, rtol=1e-12)
        np.testing.assert_allclose(per_image["bits_per_dim_iw"], 8.0, rtol=1e-12)
        assert metrics["bits_per_dim"]["value"] == pytest.approx(8.0, rel=1e-12)
        assert metrics["bits_per_dim"]["se"] < 1e-12
        # All draws have the same weight.
        effective = metrics["bits_per_dim_iw"]["effective_sample_size"]
        k = metrics["bits_per_dim_iw"]["k"]
        assert effective["value"] == pytest.approx(k, rel=1e-9)
        assert effective["smallest"] == pytest.approx(k, rel=1e-9)
        assert "warning" not in effective


def test_value_and_standard_error_are_those_of_the_images():
    metrics, per_image = _evaluate(_draws(tiny_dataset(), 7), num_draws=2)
    metric, values = metrics["bits_per_dim"], per_image["bits_per_dim"]
    assert metric["value"] == pytest.approx(values.mean(), rel=1e-12)
    assert metric["se"] == pytest.approx(values.std(ddof=1) / math.sqrt(7), rel=1e-12)
    assert (metric["n"], metric["k"], metric["draws"]) == (7, 1, 2)
    assert metric["bound"] is True
    assert metric["unit"] == "bits per dimension"
    assert metric["split"] == "test"


def test_bound_equals_its_definition():
    dataset = tiny_dataset()
    two_stage = _tiny_two_stage()
    (batch,) = _draws(dataset, 7)(0)
    x = levels_to_unit(dataset.array("test"), 4, tf.float64)
    terms = two_stage.bound_terms(x, tf.cast(batch["x_smoothed"], tf.float64))
    nats = terms.log_smoothed + terms.log_reverse - terms.log_noise
    _, per_image = _evaluate(_draws(dataset, 7))
    expected = -nats.numpy() / (16 * math.log(2.0))
    np.testing.assert_allclose(per_image["bits_per_dim"], expected, rtol=1e-12)
    np.testing.assert_array_equal(per_image["index"], np.arange(7))


def test_terms_add_up_to_the_bound():
    metrics, _ = _evaluate(_draws(tiny_dataset(), 7), num_draws=2)
    metric = metrics["bits_per_dim"]
    assert set(metric["terms"]) == {"smoothed", "reverse", "noise"}
    assert sum(metric["terms"].values()) == pytest.approx(metric["value"], abs=1e-12)


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_figures_do_not_depend_on_the_batch_size(batch_size):
    options = {"num_draws": 2, "num_importance_draws": 3}
    expected, _ = _evaluate(_draws(tiny_dataset(), 7), **options)
    metrics, _ = _evaluate(_draws(tiny_dataset(), batch_size), **options)
    for name in ("bits_per_dim", "bits_per_dim_iw"):
        for key in ("value", "se"):
            assert metrics[name][key] == pytest.approx(expected[name][key], abs=1e-6)


def test_doubling_the_set_leaves_the_value_and_shrinks_the_error():
    once = _draws(tiny_dataset(), 3)
    metrics, _ = _evaluate(once)
    doubled, _ = _evaluate(lambda draw: [*once(draw), *once(draw)])
    value, se = (metrics["bits_per_dim"][key] for key in ("value", "se"))
    assert doubled["bits_per_dim"]["n"] == 14
    assert doubled["bits_per_dim"]["value"] == pytest.approx(value, abs=1e-6)
    expected_se = se * math.sqrt(6 / 13)
    assert doubled["bits_per_dim"]["se"] == pytest.approx(expected_se, rel=1e-6)


def test_importance_weighting_tightens_the_bound_of_the_same_draws():
    metrics, per_image = _evaluate(
        _draws(tiny_dataset(), 7), num_draws=8, num_importance_draws=8
    )
    # Jensen's inequality holds image by image when the draws are the same.
    assert np.all(per_image["bits_per_dim_iw"] <= per_image["bits_per_dim"])
    assert metrics["bits_per_dim_iw"]["k"] == 8
    effective = metrics["bits_per_dim_iw"]["effective_sample_size"]
    values = per_image["effective_sample_size"]
    assert np.all((values >= 1.0) & (values <= 8.0))
    assert effective["value"] == pytest.approx(values.mean())
    assert effective["se"] == pytest.approx(values.std(ddof=1) / math.sqrt(7))
    assert (effective["n"], effective["k"]) == (7, 8)


def test_one_importance_draw_is_the_bound():
    _, per_image = _evaluate(_draws(tiny_dataset(), 7), num_importance_draws=1)
    np.testing.assert_allclose(
        per_image["bits_per_dim_iw"], per_image["bits_per_dim"], rtol=1e-12
    )


def test_vectors_are_reported_in_nats():
    dataset = tiny_dataset((2,), None)
    metrics, per_image = evaluate_bound(
        _tiny_two_stage((2,)),
        _draws(dataset, 7),
        num_levels=None,
        num_importance_draws=2,
    )
    assert set(metrics) == {"nll", "nll_iw"}
    assert metrics["nll"]["unit"] == "nats"
    assert metrics["nll"]["value"] == pytest.approx(per_image["nll"].mean())


def test_log_prob_of_a_baseline_is_no_bound():
    dataset = tiny_dataset()
    baseline = make_tiny_model("baseline", (4, 4, 1))
    batches = evaluation_batches(dataset, None, split="test", batch_size=3, seed=0)
    metric, per_image = evaluate_log_prob(baseline, batches, num_levels=4)
    x = levels_to_unit(dataset.array("test"), 4, tf.float64)
    expected = -baseline.log_prob(x).numpy() / (16 * math.log(2.0))
    np.testing.assert_allclose(per_image["bits_per_dim"], expected, rtol=1e-12)
    assert metric["bound"] is False
    assert metric["n"] == 7


def test_density_of_noised_data_is_the_term_of_the_bound():
    draws = _draws(tiny_dataset(), 3)
    metric, per_image = evaluate_log_prob(
        _tiny_two_stage().smoothed, draws(0), num_levels=4, key="x_smoothed"
    )
    metrics, _ = _evaluate(draws)
    assert metric["value"] == pytest.approx(
        metrics["bits_per_dim"]["terms"]["smoothed"], rel=1e-12
    )
    assert (metric["bound"], metric["draws"]) == (False, 1)
    assert per_image["bits_per_dim"].shape == (7,)


def test_missing_bound_is_null_with_its_reason():
    metric = missing_bound("No reverse stage.", num_levels=None, split="test")
    metrics, _ = _evaluate(_draws(tiny_dataset(), 3))
    assert metric.keys() - {"reason"} == metrics["bits_per_dim"].keys()
    assert (metric["value"], metric["reason"]) == (None, "No reverse stage.")
    assert metric["unit"] == "nats"


def test_not_finite_likelihood_gives_null_and_a_reason():
    broken = TwoStageModel(
        Gaussian(NOISE_SCALE),
        make_tiny_model("smoothed", (4, 4, 1), scale=float("nan")),
        make_tiny_model("reverse", (4, 4, 1)),
    )
    metrics, _ = evaluate_bound(broken, _draws(tiny_dataset(), 7), num_levels=4)
    assert metrics["bits_per_dim"]["value"] is None
    assert "7 of 7" in metrics["bits_per_dim"]["reason"]


def test_no_examples_is_an_error():
    with pytest.raises(ValueError, match="at least one example"):
        _evaluate(lambda draw: [])


def test_another_order_in_another_draw_is_an_error():
    batches = _draws(tiny_dataset(), 4)
    with pytest.raises(ValueError, match="same order"):
        _evaluate(lambda draw: list(batches(draw))[:: 1 - 2 * draw], num_draws=2)


def test_paired_difference_is_that_of_the_pairs():
    rng = np.random.Generator(np.random.PCG64(0))
    first = rng.normal(size=50)
    second = first + 0.1 + 0.01 * rng.normal(size=50)
    mean, se = paired_difference(first, second)
    assert mean == pytest.approx(-0.1, abs=4 * se)
    assert se < 0.003
    with pytest.raises(ValueError, match="shape"):
        paired_difference(first, second[:-1])
