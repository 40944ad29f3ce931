"""The bound without the class, and p(y | x) by Bayes, against direct sums."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import logsumexp

from smoothing_tf.data.input_pipeline import array_batches
from smoothing_tf.evaluation.class_likelihoods import evaluate_classes
from smoothing_tf.evaluation.likelihood import evaluate_bound
from smoothing_tf.evaluation.scoring import score
from smoothing_tf.models.classes import Classes
from smoothing_tf.models.condition import Condition
from tests.testing.class_models import CENTERS, class_trained

# Two examples near each center, and one of a class that its place contradicts.
LABELS = np.array([0, 0, 1, 1, 2, 2, 0])
X = (CENTERS[[0, 0, 1, 1, 2, 2, 2]][:, None] + [[0.1, -0.2]]).astype(np.float32)
LOG_FREQUENCIES = np.log([0.2, 0.3, 0.5])


def batches(smoothing, draw, batch_size=3):
    return array_batches(
        X,
        None,
        smoothing,
        split="test",
        batch_size=batch_size,
        seed=1,
        draw=draw,
        labels=LABELS,
    )


def log_weights(two_stage, num_draws):
    """log w_y of every draw and class, [draws, num_classes, n], one at a time."""
    found = np.empty((num_draws, 3, len(X)))
    for draw in range(num_draws):
        (batch,) = batches(two_stage.smoothing, draw, len(X))
        x, x_smoothed = (tf.cast(batch[k], tf.float64) for k in ("x", "x_smoothed"))
        for label in range(3):
            terms = two_stage.bound_terms(x, x_smoothed, tf.fill([len(X)], label))
            found[draw, label] = terms.log_weight()
    return found


@pytest.mark.parametrize("stages", [(3, 3), (3, None), (None, 3)])
def test_the_marginal_bound_sums_over_classes_at_the_same_noise(stages):
    two_stage = class_trained(*stages).two_stage
    metrics, per_image = evaluate_classes(
        two_stage,
        lambda draw: batches(two_stage.smoothing, draw),
        log_frequencies=LOG_FREQUENCIES,
        num_levels=None,
        num_draws=2,
    )
    log_joint = log_weights(two_stage, 2) + LOG_FREQUENCIES[:, None]
    marginal = -logsumexp(log_joint, axis=1).mean(axis=0)
    np.testing.assert_allclose(per_image["nll_marginal"], marginal, rtol=1e-6)
    posterior = logsumexp(log_joint, axis=0)
    np.testing.assert_array_equal(
        per_image["predicted_class"], np.argmax(posterior, axis=0)
    )
    metric = metrics["nll_marginal"]
    assert metric["value"] == pytest.approx(np.mean(marginal), rel=1e-6)
    assert metric["bound"] and metric["draws"] == 2
    if stages[0]:
        accuracy = metrics["class_accuracy"]
        assert accuracy["value"] == pytest.approx(6 / 7)
        assert accuracy["direction"] == "higher is better"


def test_the_bound_given_the_class_is_that_of_its_label():
    trained = class_trained()
    two_stage = trained.two_stage
    metrics, per_image = evaluate_bound(
        two_stage, lambda draw: batches(two_stage.smoothing, draw), num_levels=None
    )
    expected = -log_weights(two_stage, 1)[0][LABELS, np.arange(len(X))]
    np.testing.assert_allclose(per_image["nll"], expected, rtol=1e-6)
    assert metrics["nll"]["given"] == "label"
    scored = score(trained, X, label=LABELS, seed=1)
    assert scored["value"] == pytest.approx(metrics["nll"]["value"])
    with pytest.raises(ValueError, match="`label` must be given"):
        score(trained, X)


def test_a_baseline_is_summed_exactly():
    baseline = class_trained(baseline=True).baseline
    metrics, per_image = evaluate_classes(
        baseline,
        lambda draw: batches(None, draw),
        log_frequencies=LOG_FREQUENCIES,
        num_levels=None,
        suffix="_baseline",
    )
    x = tf.constant(X, tf.float64)
    log_prob = [
        baseline.log_prob(x, Condition(label=tf.fill([len(X)], label)))
        for label in range(3)
    ]
    expected = -logsumexp(np.array(log_prob) + LOG_FREQUENCIES[:, None], axis=0)
    np.testing.assert_allclose(per_image["nll_baseline_marginal"], expected, rtol=1e-6)
    assert not metrics["nll_baseline_marginal"]["bound"]
    assert metrics["class_accuracy_baseline"]["value"] == pytest.approx(6 / 7)


def test_a_class_that_never_occurs_is_never_predicted():
    trained = class_trained()
    classes = Classes(frequencies=(0.5, 0.5, 0.0))
    trained = dataclasses.replace(trained, classes=classes)
    two_stage = trained.two_stage
    _, per_image = evaluate_classes(
        two_stage,
        lambda draw: batches(two_stage.smoothing, draw),
        log_frequencies=trained.classes.log_frequencies(3),
        num_levels=None,
    )
    assert set(per_image["predicted_class"]) == {0, 1}
    assert np.all(np.isfinite(per_image["nll_marginal"]))
