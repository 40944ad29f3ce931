"""The likelihoods of an evaluation as lines of plain text."""

import math
from collections.abc import Mapping
from typing import Any

_NAMES = ("bits_per_dim", "bits_per_dim_iw", "bits_per_dim_baseline") + (
    "nll",
    "nll_iw",
    "nll_baseline",
)


def headline(metrics: Mapping[str, Any]) -> str:
    """One line for each likelihood, with the digits its standard error supports.

    Args:
      metrics: what `write_evaluation` returns, or metrics.json holds.

    Returns:
      E.g. "bits_per_dim <= 1.93 +- 0.02 (300 test examples, K = 1)".
    """
    return "\n".join(_line(name, metrics[name]) for name in _NAMES if name in metrics)


def _line(name: str, metric: Mapping[str, Any]) -> str:
    if metric["value"] is None:
        return f"{name}: {metric['reason']}"
    digits = 4
    if metric["se"]:
        digits = max(0, 1 - math.floor(math.log10(metric["se"])))
    error = "" if metric["se"] is None else f" +- {metric['se']:.{digits}f}"
    relation = "<=" if metric["bound"] else "="
    about = f"{metric['n']} {metric['split']} examples"
    if metric["bound"]:
        about += f", K = {metric['k']}"
    return f"{name} {relation} {metric['value']:.{digits}f}{error} ({about})"
