"""Scores given examples by the bound."""

from typing import Any

import numpy as np

from smoothing_tf.data.input_pipeline import array_batches
from smoothing_tf.evaluation.likelihood import evaluate_bound
from smoothing_tf.models.classes import as_labels
from smoothing_tf.models.trained import Trained, check_trained
from smoothing_tf.parts import Parts
from smoothing_tf.sampling.arguments import (
    as_float32,
    check_finite,
    check_levels,
    check_shape,
)
from smoothing_tf.settings import check_count

_SPLIT = "test"


def score(
    trained: Trained,
    x: np.ndarray,
    *,
    label: Any = None,
    seed: int = 0,
    num_draws: int = 1,
    num_importance_draws: int = 0,
    batch_size: int = 100,
    progress: bool = False,
) -> dict[str, Any]:
    """Computes the bound on -log p(x) of given examples, with its standard error.

    With the run's seed, the test split of its data gets the value that
    `python -m smoothing_tf.evaluate` reports.

    Args:
      trained: the trained models, with the stages smoothed and reverse.
      x: examples [n, ...event_shape] as `Dataset.array` returns them: levels 0, ...,
        num_levels - 1 as integers, or vectors as floats.
      label: for class-conditional models, whose bound is on log p(x | y), the class of
        all examples, an integer, or of each, integers [n].
      seed: seed of the noise.
      num_draws: draws of x~ per example, averaged in the bound.
      num_importance_draws: K, draws of x~ per example in the importance-weighted
        bound, which is tighter; 0 for the plain bound.
      batch_size: examples per batch; the result does not depend on it.
      progress: whether to show a progress bar.

    Returns:
      {"value", "se", "n", "unit", "terms", ...} as in metrics.json: "value" is the
      mean over the examples, "se" its standard error and "unit" "bits per dimension",
      or "nats" for continuous data.

    Raises:
      TypeError: `trained` is something else.
      ValueError: a stage is not trained, `x` does not fit the models, or a number of
        draws or examples is too small.
    """
    check_trained(trained)
    check_count("num_draws", num_draws)
    check_count("num_importance_draws", num_importance_draws, minimum=0)
    check_count("batch_size", batch_size)
    two_stage, num_levels = trained.two_stage, trained.num_levels
    x = _check(np.asarray(x), two_stage.event_shape, num_levels)
    labels = None
    if (label is None) != (two_stage.num_classes is None):
        needs = "None" if two_stage.num_classes is None else "given"
        raise ValueError(
            f"`label` must be {needs} for models that are"
            f" {'not ' if two_stage.num_classes is None else ''}class-conditional."
        )
    if two_stage.num_classes is not None:
        labels = as_labels(label, len(x), two_stage.num_classes)
    metrics, _ = evaluate_bound(
        two_stage,
        lambda draw: array_batches(
            x,
            num_levels,
            two_stage.smoothing,
            split=_SPLIT,
            batch_size=batch_size,
            seed=seed,
            draw=draw,
            labels=labels,
        ),
        num_levels=num_levels,
        num_draws=num_draws,
        num_importance_draws=num_importance_draws,
        num_examples=len(x),
        parts=Parts(progress=progress),
    )
    *_, metric = metrics.values()
    del metric["split"]
    return metric


def _check(
    x: np.ndarray, event_shape: tuple[int, ...], num_levels: int | None
) -> np.ndarray:
    check_shape("x", x, event_shape)
    is_integer = np.issubdtype(x.dtype, np.integer)
    if num_levels is None:
        x = as_float32("x", x.astype(np.float64) if is_integer else x)
        check_finite("x", x)
        return x
    check_levels("x", x, num_levels)
    return x
