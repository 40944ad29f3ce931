"""The likelihoods of the report: the headlines, their terms and sentences."""

from collections.abc import Mapping
from typing import Any

from smoothing_tf.evaluation.names import RAW_SUFFIX, REGRESSION_SUFFIX
from smoothing_tf.evaluation.rounding import format_metric, format_se, format_value

_HEADLINES = (
    ("bits_per_dim", "nll", "Two-step model, bound"),
    (
        f"bits_per_dim{REGRESSION_SUFFIX}",
        f"nll{REGRESSION_SUFFIX}",
        "Two-step model, bound minus that of the served version",
    ),
    ("bits_per_dim_iw", "nll_iw", "Two-step model, importance-weighted bound"),
    (
        "bits_per_dim_smoothed",
        "nll_smoothed",
        "Smoothed model, −log p(x̃) of noised data: a density, not comparable with p(x)",
    ),
    (
        "bits_per_dim_marginal",
        "nll_marginal",
        "Two-step model, bound, without the class",
    ),
    ("bits_per_dim_baseline", "nll_baseline", "Baseline, exact"),
    (
        "bits_per_dim_baseline_marginal",
        "nll_baseline_marginal",
        "Baseline, exact, without the class",
    ),
    ("bits_per_dim_train", "nll_train", "Two-step model, bound, training data"),
    *(
        (name + RAW_SUFFIX, name + RAW_SUFFIX, f"{label}, in the units of the file")
        for name, label in (
            ("nll", "Two-step model, bound"),
            ("nll_iw", "Two-step model, importance-weighted bound"),
            ("nll_marginal", "Two-step model, bound, without the class"),
            ("nll_baseline", "Baseline, exact"),
            ("nll_baseline_marginal", "Baseline, exact, without the class"),
        )
    ),
)
_TERMS = (
    ("smoothed", "Smoothed model", "−E log p(x̃)"),
    ("reverse", "Reverse model", "−E log p(x | x̃)"),
    ("noise", "Noise", "+E log q(x̃ | x)"),
)
_SCALES = {"standardized": "on the standardized scale", "raw units": "in raw units"}


def describe_likelihoods(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Describes each likelihood in metrics.json, as the template names the parts."""
    rows = []
    for bits_name, nats_name, label in _HEADLINES:
        metric = metrics.get(bits_name) or metrics.get(nats_name)
        if metric is None:
            continue
        about = [f"{metric['split']} split", f"n = {metric['n']}"]
        if "scale" in metric:
            about.append(_SCALES[metric["scale"]])
        if "given" in metric:
            about.append("given the class")
        if metric["bound"]:
            about.append(f"K = {metric['k']}")
        effective = metric.get("effective_sample_size")
        if effective is not None and effective["value"] is not None:
            figure = format_metric(effective)
            error = "" if figure["se"] is None else f" ± {figure['se']}"
            about.append(
                f"{figure['value']}{error} effective draws of {effective['k']}"
            )
        if metric["draws"] and metric["k"] in (None, 1):
            about.append(_plural(metric["draws"], "draw"))
        if "se_reason" in metric:
            about.append(metric["se_reason"])
        rows.append(
            {
                "label": label,
                "figure": format_metric(metric),
                "relation": "≤ " if metric["bound"] else "",
                "unit": metric["unit"],
                "about": ", ".join(about),
                "reason": metric.get("reason"),
            }
        )
    return rows


def describe_accuracies(metrics: Mapping[str, Any]) -> list[str]:
    """Writes a sentence for each model that classifies."""
    sentences = []
    for name, model in (("class_accuracy", "two-step model"),) + (
        ("class_accuracy_baseline", "baseline"),
    ):
        if name in metrics:
            figure = format_metric(metrics[name])
            error = "" if figure["se"] is None else f" ± {figure['se']}"
            sentences.append(
                f"By Bayes’ rule, p(y | x) of the {model} names the class of"
                f" {figure['value']}{error} of {metrics[name]['n']} examples."
            )
    return sentences


def describe_overfitting(metrics: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Returns {"found", "text"} of the comparison with the training data, or None."""
    metric = metrics.get("bits_per_dim_train") or metrics.get("nll_train") or {}
    found = metric.get("overfitting")
    if found is None:
        return None
    text = found["statement"] or found["reason"]
    return {"found": found["found"], "text": text.replace("+-", "±")}


def describe_terms(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the rows of the table of the bound's terms."""
    metric = metrics.get("bits_per_dim") or metrics.get("nll") or {}
    terms = metric.get("terms")
    if not terms:
        return []
    # Written with the decimals of their sum: they add up to it, but for rounding.
    se, errors = metric["se"], metric.get("terms_se", {})
    rows = [
        (name, formula, terms[term], errors.get(term)) for term, name, formula in _TERMS
    ]
    rows.append((f"Sum: the bound, n = {metric['n']}", "", metric["value"], se))
    return [
        {
            "name": name,
            "formula": formula,
            "value": format_value(value, se),
            "se": None if error is None else format_se(error),
        }
        for name, formula, value, error in rows
    ]


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
