"""The likelihoods of an evaluation as lines of plain text."""

from collections.abc import Mapping
from typing import Any

from smoothing_tf.evaluation.names import RAW_SUFFIX, REGRESSION_SUFFIX
from smoothing_tf.evaluation.rounding import with_error

# Ends of the names of the likelihoods of x.
_OF_X = ("", "_iw", "_marginal", "_baseline", "_baseline_marginal")
_NAMES = tuple(
    name + suffix
    for name in ("bits_per_dim", "nll")
    for suffix in (
        "",
        REGRESSION_SUFFIX,
        "_iw",
        "_marginal",
        "_smoothed",
        "_baseline",
        "_baseline_marginal",
    )
) + tuple(f"nll{suffix}{RAW_SUFFIX}" for suffix in _OF_X)

# What identifies a likelihood and its error.
_KEYS = ("value", "se", "n", "split", "bound", "k", "given")


def headline(metrics: Mapping[str, Any]) -> str:
    """Formats each likelihood as a line, with the digits its standard error supports.

    Args:
      metrics: content of metrics.json, as `write_evaluation` returns it.

    Returns:
      E.g. "bits_per_dim <= 1.93 +- 0.02 (300 test examples, K = 1; lower is better)",
      and a sentence where the bound shows overfitting, and one where the
      importance-weighted bound rests on few draws.
    """
    lines = [_line(name, metrics[name]) for name in _NAMES if name in metrics]
    for name in ("class_accuracy", "class_accuracy_baseline"):
        if name in metrics:
            metric = metrics[name]
            about = f"{metric['n']} {metric['split']} examples; higher is better"
            error = "" if metric["se"] is None else f" +- {metric['se']:.1g}"
            lines.append(f"{name} = {metric['value']:.3f}{error} ({about})")
    for name in ("bits_per_dim_train", "nll_train"):
        found = metrics.get(name, {}).get("overfitting", {})
        if found.get("found"):
            lines.append(found["statement"])
    warning = few_draws(metrics)
    if warning is not None:
        lines.append(warning)
    return "\n".join(lines)


def likelihoods(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Selects the likelihoods that have a value.

    Args:
      metrics: content of metrics.json.

    Returns:
      Name -> metric: value, se, n, split, whether it is a bound, its number of draws k
      and what it is given.
    """
    return {
        name: {key: metric[key] for key in _KEYS if key in metric}
        for name, metric in metrics.items()
        if name in _NAMES and metric["value"] is not None
    }


def few_draws(metrics: Mapping[str, Any]) -> str | None:
    """Finds the warning of few effective draws in the content of metrics.json."""
    metric = metrics.get("bits_per_dim_iw") or metrics.get("nll_iw") or {}
    return metric.get("effective_sample_size", {}).get("warning")


def _line(name: str, metric: Mapping[str, Any]) -> str:
    value, se = metric["value"], metric["se"]
    if value is None:
        return f"{name}: {metric['reason']}"
    relation = "<=" if metric["bound"] else "="
    plural = "" if metric["n"] == 1 else "s"
    about = f"{metric['n']} {metric['split']} example{plural}"
    if "given" in metric:
        about += f", given the {metric['given']}"
    if metric["bound"]:
        about += f", K = {metric['k']}"
    if se is None:
        reason = metric["se_reason"].rstrip(".")
        about += f"; {reason[0].lower()}{reason[1:]}"
    return f"{name} {relation} {with_error(value, se)} ({about}; lower is better)"
