"""Likelihoods of the trained stages."""

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.input_pipeline import evaluation_batches
from smoothing_tf.data.subsets import subset_indices, subset_record
from smoothing_tf.evaluation.class_likelihoods import evaluate_classes
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.image_metrics import REFERENCE_SPLIT
from smoothing_tf.evaluation.likelihood import (
    bound_name,
    compile_terms,
    evaluate_bound,
    evaluate_log_prob,
    missing_bound,
)
from smoothing_tf.evaluation.overfitting import overfitting
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.trained import Trained
from smoothing_tf.parts import Parts

NO_REVERSE = "The reverse stage is not trained: there is no p(x | x~), and no p(x)."


def model_likelihoods(
    trained: Trained,
    dataset: Dataset,
    *,
    config: EvaluationConfig,
    seed: int,
    parts: Parts | None = None,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Scores `config.split`, or a random subset of `config.max_examples` of it.

    The two-stage model gives `bits_per_dim`, `bits_per_dim_iw` and
    `bits_per_dim_train`, the bound on an equal number of training examples. The stage
    smoothed without the stage reverse gives `bits_per_dim_smoothed`, the mean of
    -log p(x~), a density, and `bits_per_dim` null. The baseline gives
    `bits_per_dim_baseline`. All of them are given the labels if a model is
    class-conditional; `evaluate_classes` then adds those of p(x), and the accuracy of
    p(y | x).

    Args:
      trained: the trained models.
      dataset: the data set.
      config: the size of the evaluation.
      seed: the run's seed.
      parts: stores the scores as they are computed, and shows progress; None does
        neither.

    Returns:
      (metrics, per_image) as in `evaluate_bound`, with `nll` instead of `bits_per_dim`
      for continuous data. A metric of a part of its split says how the part was drawn,
      "subset": {"size", "of", "drawn"}.
    """

    def batches(
        smoothing, split: str, draw: int = 0, size: int | None = config.max_examples
    ) -> Iterable:
        # In stored order, since neighbors share the blocks that noise is drawn for.
        indices = np.sort(subset_indices(len(dataset.array(split)), size))
        return evaluation_batches(
            dataset,
            smoothing,
            split=split,
            batch_size=config.evaluation_batch_size,
            seed=seed,
            draw=draw,
            indices=indices,
            with_labels=trained.num_classes is not None,
        )

    name = bound_name(dataset.num_levels)
    about: dict[str, Any] = {"num_levels": dataset.num_levels, "split": config.split}
    kept: dict[str, Any] = {
        "num_examples": _count(dataset, config.split, config.max_examples),
        "parts": parts,
    }
    metrics: dict[str, Any] = {}
    per_image: dict[str, np.ndarray] = {}

    def add_log_prob(suffix: str, model: DensityModel, batches: Iterable, key="x"):
        metrics[name + suffix], values = evaluate_log_prob(
            model, batches, key=key, **about, **kept
        )
        per_image["index"] = values["index"]
        per_image[name + suffix] = values[name]

    if trained.has_two_stage:
        two_stage = trained.two_stage
        terms = compile_terms(two_stage.bound_terms)
        metrics, per_image = evaluate_bound(
            two_stage,
            lambda draw: batches(two_stage.smoothing, config.split, draw),
            num_draws=config.num_draws,
            num_importance_draws=config.num_importance_draws,
            compiled_terms=terms,
            **about,
            **kept,
        )
        if config.split != REFERENCE_SPLIT:
            # Shows whether the model has memorized its training data.
            n = metrics[name]["n"]
            train_metrics, _ = evaluate_bound(
                two_stage,
                lambda draw: batches(two_stage.smoothing, REFERENCE_SPLIT, draw, n),
                compiled_terms=terms,
                **about | {"split": REFERENCE_SPLIT},
                **kept | {"num_examples": _count(dataset, REFERENCE_SPLIT, n)},
            )
            metrics[f"{name}_train"] = train_metrics[name]
            metrics[f"{name}_train"]["overfitting"] = overfitting(
                metrics[name], train_metrics[name]
            )
    elif trained.smoothed is not None:
        metrics[name] = missing_bound(NO_REVERSE, **about)
        noised = batches(trained.smoothing, config.split)
        add_log_prob("_smoothed", trained.smoothed, noised, key="x_smoothed")
    if trained.baseline is not None:
        add_log_prob("_baseline", trained.baseline, batches(None, config.split))
    for model, suffix, draws in _class_conditional(trained, config.num_draws):
        smoothing = None if suffix else trained.smoothing
        class_metrics, values = evaluate_classes(
            model,
            functools.partial(batches, smoothing, config.split),
            log_frequencies=trained.classes.log_frequencies(model.num_classes),
            suffix=suffix,
            num_draws=draws,
            **about,
            **kept,
        )
        metrics |= class_metrics
        per_image |= values
    for metric in metrics.values():
        num_examples = dataset.num_examples[metric["split"]]
        # A metric without a value has no examples, and no subset of them.
        metric.update(subset_record(num_examples, metric["n"] or None))
    return metrics, per_image


def _class_conditional(trained: Trained, num_draws: int) -> list[tuple[Any, str, int]]:
    """Lists the class-conditional models of p(x): (model, suffix, draws of x~)."""
    found: list[tuple[Any, str, int]] = []
    if trained.has_two_stage and trained.two_stage.num_classes is not None:
        found.append((trained.two_stage, "", num_draws))
    if trained.baseline is not None and trained.baseline.num_classes is not None:
        found.append((trained.baseline, "_baseline", 1))
    return found


def _count(dataset: Dataset, split: str, limit: int | None) -> int:
    """Counts the examples of a split that are scored."""
    number = dataset.num_examples[split]
    return number if limit is None else min(number, limit)
