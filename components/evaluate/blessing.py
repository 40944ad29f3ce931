"""Whether a model may be pushed, and why."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from components.predecessor import Predecessor
from smoothing_tf.evaluation.names import REGRESSION_SUFFIX
from smoothing_tf.evaluation.rounding import with_error


@dataclasses.dataclass(frozen=True)
class Blessing:
    """The decision on a model.

    Attributes:
      blessed: whether the model may be pushed.
      reasons: a sentence for each rule.
    """

    blessed: bool
    reasons: tuple[str, ...]


def bless(
    metrics: Mapping[str, Any],
    max_bits_per_dim: float | None,
    predecessor: Predecessor | None = None,
) -> Blessing:
    """Decides by the bound, and by its difference from that of a served version.

    Args:
      metrics: content of metrics.json.
      max_bits_per_dim: largest bound of a model that is pushed; None for any finite
        one.
      predecessor: what the model is compared with; None for nothing. The difference is
        among the metrics if there is a version.
    """
    rules = [_by_bound(metrics, max_bits_per_dim)]
    if predecessor is not None:
        rules.append(_by_difference(metrics, predecessor))
    return Blessing(
        all(passed for passed, _ in rules), tuple(reason for _, reason in rules)
    )


def _by_bound(
    metrics: Mapping[str, Any], max_bits_per_dim: float | None
) -> tuple[bool, str]:
    metric = metrics.get("bits_per_dim", metrics.get("nll", {}))
    bound = metric.get("value")
    if bound is None or not math.isfinite(bound):
        return False, "The model has no finite bound."
    if max_bits_per_dim is None:
        return True, "The bound is finite."
    passed = bound <= max_bits_per_dim
    relation = "at most" if passed else "above"
    return passed, f"The bound, {bound:.6g} bits per dimension, is {relation}" + (
        f" --max_bits_per_dim={max_bits_per_dim:g}."
    )


def _by_difference(
    metrics: Mapping[str, Any], predecessor: Predecessor
) -> tuple[bool, str]:
    if predecessor.version is None:
        return True, (
            f"There is nothing to compare with: {predecessor.directory} has no version"
            " yet, except perhaps this model."
        )
    (metric,) = (m for name, m in metrics.items() if name.endswith(REGRESSION_SUFFIX))
    passed = metric["passed"]
    if metric["value"] is None:
        return passed, f"Compared with {predecessor.version}: {metric['reason']}"
    if metric["is_same"]:
        return passed, (
            f"This model is the served one, {predecessor.version}: their bounds are"
            f" equal on each of {metric['n']} {metric['split']} examples."
        )
    relation = "below" if passed else "not below"
    difference = with_error(metric["value"], metric["se"])
    return passed, (
        f"The bound minus that of {predecessor.version} is {difference}"
        f" {metric['unit']} on the same {metric['n']} {metric['split']} examples; with"
        f" two standard errors, {metric['upper']:.4g}, it is {relation}"
        f" --max_regression={predecessor.max_regression:g}."
    )
