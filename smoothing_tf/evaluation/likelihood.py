"""Computes likelihoods in bits per dimension, with error bars and terms.

The mathematics of the bound is in `models/two_stage.py`. All terms of one draw share
the same x~, and log q is evaluated at it, which makes the error bars ten times smaller
than with separate draws.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from smoothing_tf.evaluation.directions import LOWER_IS_BETTER
from smoothing_tf.evaluation.effective_draws import effective_draws
from smoothing_tf.evaluation.split_scores import Batch, score_split
from smoothing_tf.models.bound_terms import importance_weighted_bound
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.numerics import nats_to_bits_per_dim
from smoothing_tf.parts import Parts

Metric = dict[str, Any]

# What the progress bar says during the first step, which builds the graph.
FIRST_STEP = "first call: compiling"


def evaluate_bound(
    two_stage: TwoStageModel,
    draw_batches: Callable[[int], Iterable[Batch]],
    *,
    num_levels: int | None,
    num_draws: int = 1,
    num_importance_draws: int = 0,
    split: str = "test",
    compiled_terms: Callable[..., tf.Tensor] | None = None,
    num_examples: int | None = None,
    parts: Parts | None = None,
) -> tuple[dict[str, Metric], dict[str, np.ndarray]]:
    """Computes the bound on log p(x), and the importance-weighted bound.

    E_q(x~|x)[ -log p(x~) - log p(x | x~) + log q(x~ | x) ], an upper bound on
    -log p(x), averaged over `num_draws` draws per example; and with K draws
    -log 1/K sum_k exp( log p(x~_k) + log p(x | x~_k) - log q(x~_k | x) ). The two
    share the draws 0, 1, ...

    Args:
      two_stage: the model.
      draw_batches: function from a draw's number to the batches of the split with that
        draw's noise, {"index": int64 [b], "x": [b, ...], "x_smoothed": [b, ...]},
        in the same order for every draw; with "label" int [b] for a class-conditional
        model, whose bound is on log p(x | y).
      num_levels: levels of discrete data, which are reported in bits per dimension;
        None for vectors, which are reported in nats.
      num_draws: draws of x~ per example in the bound.
      num_importance_draws: K; 0 omits the importance-weighted bound.
      split: name of the split, which is recorded.
      compiled_terms: `compile_terms(two_stage.bound_terms)`, so that several calls
        share one compilation.
      num_examples: number of examples, for the progress bar.
      parts: stores the terms as they are computed, and shows progress; None does
        neither.

    Returns:
      (metrics, per_image). Metrics are `bits_per_dim` and `bits_per_dim_iw`, or
      `nll` and `nll_iw`. A metric is {"value", "se", "n", "direction", "bound", "k",
      "draws", "split", "unit", "terms", "terms_se"}; the terms "smoothed", "reverse"
      and "noise" add up to the value. The importance-weighted metric also has
      "effective_sample_size", the effective number of its K draws; see
      `effective_draws`. per_image holds float64 arrays [n] in the same unit under the
      metrics' names and "<name>_<term>", "effective_sample_size" without a unit, and
      int64 "index" [n].

    Raises:
      ValueError: there are no examples, or the order differs between draws.
    """
    unit = Unit(two_stage.event_shape, num_levels)
    terms_of = compiled_terms or compile_terms(two_stage.bound_terms)
    total = max(num_draws, num_importance_draws)
    keys: tuple[str, ...] = ("x", "x_smoothed")
    described = {"split": split}
    if two_stage.num_classes is not None:
        keys, described = (*keys, "label"), {"split": split, "given": "label"}
    with (parts or Parts()).partial_arrays(
        f"bound {split}", num_examples and num_examples * total, first_step=FIRST_STEP
    ) as scores:
        index, log_terms = score_split(
            scores, terms_of, draw_batches, total, num_levels, split, keys=keys
        )

    name = unit.metric_name
    described["unit"] = unit.name
    # The terms as contributions: they add up to the reported value.
    smoothed, reverse, noise = (
        unit.convert(sign * log_terms[:num_draws, term].mean(axis=0))
        for term, sign in enumerate((-1.0, -1.0, 1.0))
    )
    terms = {"smoothed": smoothed, "reverse": reverse, "noise": noise}
    per_image = {"index": index, name: smoothed + reverse + noise}
    per_image.update({f"{name}_{term}": value for term, value in terms.items()})
    metrics = {
        name: make_metric(
            per_image[name], terms, bound=True, k=1, draws=num_draws, **described
        )
    }
    if num_importance_draws:
        log_weights = (
            log_terms[:num_importance_draws, 0]
            + log_terms[:num_importance_draws, 1]
            - log_terms[:num_importance_draws, 2]
        )
        weighted = -unit.convert(importance_weighted_bound(log_weights).numpy())
        per_image[f"{name}_iw"] = weighted
        metrics[f"{name}_iw"] = make_metric(
            weighted,
            {},
            bound=True,
            k=num_importance_draws,
            draws=num_importance_draws,
            **described,
        )
        effective, values = effective_draws(log_weights)
        metrics[f"{name}_iw"]["effective_sample_size"] = effective
        per_image["effective_sample_size"] = values
    return metrics, per_image


def evaluate_log_prob(
    model: DensityModel,
    batches: Iterable[Batch],
    *,
    num_levels: int | None,
    split: str = "test",
    key: str = "x",
    num_examples: int | None = None,
    parts: Parts | None = None,
) -> tuple[Metric, dict[str, np.ndarray]]:
    """Computes -log p(x) or -log p(x~), exactly; given labels if the model takes them.

    Args:
      model: a model of clean data or of noised data that does not take x~.
      batches: {"index": int64 [b], "x": [b, ...]}, with "x_smoothed" for the latter.
      num_levels: levels of discrete data (bits per dimension), None for vectors
        (nats).
      split: name of the split, which is recorded.
      key: "x", or "x_smoothed" for one draw of x~ per example. For x~ it is a density,
        in the unit of the data and possibly above 1.
      num_examples: number of examples, for the progress bar.
      parts: as in `evaluate_bound`.

    Returns:
      (metric, per_image) as from `evaluate_bound`; per_image has "index" and
      `bits_per_dim` or `nll`.

    Raises:
      ValueError: there are no examples.
    """
    unit = Unit(model.event_shape, num_levels)

    def terms_of(x, *label):
        return (model.log_prob(x, Condition(label=label[0] if label else None)),)

    takes_label = model.num_classes is not None

    with (parts or Parts()).partial_arrays(
        f"log-likelihood of {key} {split}", num_examples, first_step=FIRST_STEP
    ) as scores:
        index, ((log_prob,),) = score_split(
            scores,
            compile_terms(terms_of),
            lambda draw: batches,
            1,
            num_levels,
            split,
            keys=(key, "label") if takes_label else (key,),
        )
    value = -unit.convert(log_prob)
    draws = None if key == "x" else 1
    described = {"split": split, "unit": unit.name}
    if takes_label:
        described["given"] = "label"
    metric = make_metric(value, {}, bound=False, k=None, draws=draws, **described)
    return metric, {"index": index, unit.metric_name: value}


def missing_bound(reason: str, *, num_levels: int | None, split: str) -> Metric:
    """Makes a metric of `evaluate_bound` without a value, if a stage is missing."""
    unit = Unit((), num_levels)
    about = {"bound": True, "k": 1, "draws": 0, "split": split, "unit": unit.name}
    empty = {"value": None, "se": None, "n": 0, "direction": LOWER_IS_BETTER}
    return {**empty, **about, "terms": {}, "terms_se": {}, "reason": reason}


def compile_terms(
    function: Callable[..., Iterable[tf.Tensor]],
) -> Callable[..., tf.Tensor]:
    """Compiles log-probabilities to be evaluated in float64.

    Args:
      function: function from tensors [b, ...] to log-probabilities, each [b], nats.

    Returns:
      The compiled function, to float64 [number of terms, b].
    """

    # Networks keep their own dtype; likelihoods are computed in that of the argument.
    @tf.function(autograph=False)
    def terms(*arrays: tf.Tensor) -> tf.Tensor:
        in_float64 = (
            tf.cast(a, tf.float64) if a.dtype.is_floating else a for a in arrays
        )
        return tf.stack(list(function(*in_float64)))

    return terms


def paired_difference(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Computes the mean difference of two models on the same examples, with its error.

    Args:
      first: per-example values [n] of one model, e.g. from per_image.npz.
      second: values of another model, in the same order.

    Returns:
      (mean of first - second, sd(first - second) / sqrt(n)).

    Raises:
      ValueError: the shapes differ or there are fewer than two examples.
    """
    if first.shape != second.shape or first.ndim != 1 or len(first) < 2:
        raise ValueError(
            f"`second` must have the shape of `first`, [n] with n above 1; got "
            f"{second.shape} and {first.shape}."
        )
    difference = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    se = np.std(difference, ddof=1) / np.sqrt(len(difference))
    return float(np.mean(difference)), float(se)


def bound_name(num_levels: int | None) -> str:
    """Returns `bits_per_dim` for discrete data, `nll` (nats) for vectors."""
    return "nll" if num_levels is None else "bits_per_dim"


class Unit:
    """Nats for vectors, bits per dimension for discrete data."""

    def __init__(self, event_shape: tuple[int, ...], num_levels: int | None):
        self.metric_name = bound_name(num_levels)
        self.name = "nats" if num_levels is None else "bits per dimension"
        self._num_dims = None if num_levels is None else math.prod(event_shape)

    def convert(self, nats: np.ndarray) -> np.ndarray:
        if self._num_dims is None:
            return nats
        return nats_to_bits_per_dim(nats, self._num_dims)


def make_metric(values: np.ndarray, terms: Mapping[str, np.ndarray], **about) -> Metric:
    """Makes a metric that is lower for better models, from values [n] and their terms.

    Args:
      values: float64 [n], one value per example.
      terms: name -> float64 [n].
      **about: further entries of the metric.

    Returns:
      The mean with its standard error; a reason instead if a value is not finite.
    """
    n = len(values)
    metric = {"value": None, "se": None, "n": n, "direction": LOWER_IS_BETTER, **about}
    metric.update(terms={}, terms_se={})
    num_bad = int(np.sum(~np.isfinite(values)))
    if num_bad:
        metric["reason"] = f"The likelihood of {num_bad} of {n} examples is not finite."
        return metric
    metric["value"], metric["se"] = _mean(values)
    for name, term in terms.items():
        metric["terms"][name], metric["terms_se"][name] = _mean(term)
    if metric["se"] is None:
        metric["se_reason"] = "One example has no standard error."
    return metric


def _mean(values: np.ndarray) -> tuple[float, float | None]:
    """Computes the mean of values [n], and its standard error if n is above 1."""
    n = len(values)
    se = float(np.std(values, ddof=1) / math.sqrt(n)) if n > 1 else None
    return float(np.mean(values)), se
