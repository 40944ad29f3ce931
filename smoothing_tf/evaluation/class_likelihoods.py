"""Likelihoods of class-conditional models without the class: p(x) and p(y | x).

With w_y = p(x~ | y) p(x | x~, y) / q(x~ | x), at the same x~ for all classes y, and the
frequencies pi of the classes in the training data,

  log p(x) >= E_q(x~|x)[ log sum_y pi_y w_y ],
  p(y | x) is proportional to pi_y p(x | y), where p(x | y) = E_q(x~|x)[ w_y ].

Several draws of x~ are averaged inside E. A baseline gives p(x | y) exactly.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import tensorflow as tf
from scipy.special import logsumexp

from smoothing_tf.evaluation.directions import HIGHER_IS_BETTER
from smoothing_tf.evaluation.likelihood import FIRST_STEP, Metric, Unit, make_metric
from smoothing_tf.evaluation.split_scores import Batch, score_split
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.parts import Parts

MARGINAL = "_marginal"
ACCURACY = "class_accuracy"


def evaluate_classes(
    model: TwoStageModel | DensityModel,
    draw_batches: Callable[[int], Iterable[Batch]],
    *,
    log_frequencies: np.ndarray,
    num_levels: int | None,
    suffix: str = "",
    num_draws: int = 1,
    split: str = "test",
    num_examples: int | None = None,
    parts: Parts | None = None,
) -> tuple[dict[str, Metric], dict[str, np.ndarray]]:
    """Scores every example under every class.

    Args:
      model: a class-conditional two-stage model, or a class-conditional model p(x | y).
      draw_batches: function from a draw's number to batches as in `evaluate_bound`,
        with "label" int [b], and "x_smoothed" for a two-stage model.
      log_frequencies: log pi, float64 [num_classes].
      num_levels: number of levels of the data; None for vectors.
      suffix: end of the metrics' names, "_baseline" for a baseline.
      num_draws: draws of x~ per example, 1 for a baseline.
      split: name of the split, which is recorded.
      num_examples: number of examples, for the progress bar.
      parts: stores the scores, and shows progress; None does neither.

    Returns:
      (metrics, per_image). Metrics are `bits_per_dim<suffix>_marginal`, or `nll...`, of
      p(x), and `class_accuracy<suffix>`, the share of examples whose label is the
      likeliest class under p(y | x). per_image holds the former per example, and
      "predicted_class<suffix>" int64 [n].

    Raises:
      ValueError: there are no examples.
    """
    unit = Unit(model.event_shape, num_levels)
    is_bound = isinstance(model, TwoStageModel)
    keys = ("x", "x_smoothed", "label") if is_bound else ("x", "label")
    total = num_examples and num_examples * num_draws
    with (parts or Parts()).partial_arrays(
        f"classes{suffix} {split}", total, first_step=FIRST_STEP
    ) as scores:
        index, terms = score_split(
            scores,
            _compile(model),
            draw_batches,
            num_draws,
            num_levels,
            split,
            keys=keys,
        )
    labels, log_joint = terms[0, 0].astype(np.int64), terms[:, 1:]
    log_joint = log_joint + log_frequencies[:, None]  # [draws, num_classes, n]
    name = f"{unit.metric_name}{suffix}{MARGINAL}"
    marginal = -unit.convert(logsumexp(log_joint, axis=1).mean(axis=0))
    predicted = np.argmax(logsumexp(log_joint, axis=0), axis=0)
    metrics = {
        name: make_metric(
            marginal,
            {},
            bound=is_bound,
            k=1 if is_bound else None,
            draws=num_draws if is_bound else None,
            split=split,
            unit=unit.name,
        ),
        ACCURACY + suffix: _accuracy(predicted == labels, split),
    }
    per_image = {
        "index": index,
        name: marginal,
        f"predicted_class{suffix}": predicted,
    }
    return metrics, per_image


def _compile(model: TwoStageModel | DensityModel) -> Callable[..., tf.Tensor]:
    """Compiles (arguments) -> labels, then log w_y of every class y, [1 + K, b]."""
    num_classes = model.num_classes
    assert num_classes is not None

    # In one graph for all classes, in float64.
    @tf.function(autograph=False)
    def terms(*arrays: tf.Tensor) -> tf.Tensor:
        *values, labels = arrays
        x, *noised = [tf.cast(value, tf.float64) for value in values]

        def of_class(label):
            label = tf.repeat(label[None], tf.shape(labels)[0], axis=0)
            if isinstance(model, TwoStageModel):
                return model.bound_terms(x, noised[0], label).log_weight()
            return model.log_prob(x, Condition(label=label))

        of_classes = tf.map_fn(
            of_class, tf.range(num_classes), fn_output_signature=tf.float64
        )
        return tf.concat([tf.cast(labels, tf.float64)[None], of_classes], axis=0)

    return terms


def _accuracy(is_correct: np.ndarray, split: str) -> dict[str, Any]:
    n = len(is_correct)
    value = float(np.mean(is_correct))
    metric = {
        "value": value,
        "se": None,
        "n": n,
        "direction": HIGHER_IS_BETTER,
        "bound": False,
        "split": split,
        "unit": "share of examples",
    }
    if n > 1:
        metric["se"] = float(np.std(is_correct, ddof=1) / np.sqrt(n))
    else:
        metric["se_reason"] = "One example has no standard error."
    return metric
