"""The report: one HTML file without outside references."""

from collections.abc import Mapping
from typing import Any

from smoothing_tf.evaluation.directions import ARROWS
from smoothing_tf.evaluation.figures import History, training_curves
from smoothing_tf.evaluation.glossary import LIKELIHOODS, glossary, likelihood_key
from smoothing_tf.evaluation.headline import few_draws
from smoothing_tf.evaluation.html_page import data_url, render_html
from smoothing_tf.evaluation.rounding import format_se, format_value
from smoothing_tf.evaluation.sample_tables import (
    distance_rows,
    extractor_tables,
    value_with_error,
)

_TEMPLATE = "report.html.j2"
_TERMS = (
    ("smoothed", "Smoothed model", "−E log p(x̃)"),
    ("reverse", "Reverse model", "−E log p(x | x̃)"),
    ("noise", "Noise", "+E log q(x̃ | x)"),
)
_SCALES = {"standardized": "on the standardized scale", "raw units": "in raw units"}


def render_report(
    *,
    title: str,
    metrics: Mapping[str, Any],
    pictures: Mapping[str, bytes],
    wide_pictures: Mapping[str, bytes] | None = None,
    neighbors: Mapping[str, bytes] | None = None,
    header: Mapping[str, str] | None = None,
    is_blessed: bool | None = None,
    histories: Mapping[str, History],
    flags_text: str,
    facts: Mapping[str, Any],
) -> str:
    """Renders a self-contained HTML page.

    Args:
      title: title of the page, e.g. the data set's name.
      metrics: content of metrics.json.
      pictures: caption -> PNG.
      wide_pictures: caption -> PNG of kinds of samples side by side.
      neighbors: caption -> PNG of samples next to their nearest training images.
      header: name -> text about the run, shown first, as `describe_run` makes it.
      is_blessed: whether the model is blessed; None if nobody decided.
      histories: stage -> rows of the training curve; may be empty.
      flags_text: the resolved configuration, one flag per line.
      facts: name -> value, e.g. versions and seeds.

    Returns:
      HTML; nothing in it is loaded from elsewhere.
    """
    curves = {
        stage: training_curves(history, stage) for stage, history in histories.items()
    }
    headlines = _headlines(metrics)
    return render_html(
        __package__,
        _TEMPLATE,
        title=title,
        headlines=headlines,
        unit=headlines[0]["unit"] if headlines else "",
        overfitting=_overfitting(metrics),
        few_draws=few_draws(metrics),
        class_accuracies=_class_accuracies(metrics),
        terms=_terms(metrics),
        extractors=extractor_tables(metrics),
        header=header or {},
        is_blessed=is_blessed,
        glossary=glossary(metrics),
        arrows={arrow: direction for direction, arrow in ARROWS.items()},
        distances=distance_rows(metrics),
        pictures=_embed(pictures),
        wide_pictures=_embed(wide_pictures or {}),
        neighbors=_embed(neighbors or {}),
        curves={
            stage: data_url("svg+xml", svg) for stage, svg in curves.items() if svg
        },
        flags_text=flags_text.strip(),
        facts=facts,
    )


def _embed(pictures: Mapping[str, bytes]) -> dict[str, str]:
    return {name: data_url("png", png) for name, png in pictures.items()}


def _headlines(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for bits_name, nats_name, label in LIKELIHOODS:
        name = bits_name if metrics.get(bits_name) else nats_name
        metric = metrics.get(name)
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
            figure = value_with_error(effective)
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
                "key": likelihood_key(name),
                "arrow": ARROWS.get(metric.get("direction", ""), ""),
                "figure": value_with_error(metric),
                "relation": "≤ " if metric["bound"] else "",
                "unit": metric["unit"],
                "about": ", ".join(about),
                "reason": metric.get("reason"),
            }
        )
    return rows


def _class_accuracies(metrics: Mapping[str, Any]) -> list[str]:
    sentences = []
    for name, model in (("class_accuracy", "two-step model"),) + (
        ("class_accuracy_baseline", "baseline"),
    ):
        if name in metrics:
            figure = value_with_error(metrics[name])
            error = "" if figure["se"] is None else f" ± {figure['se']}"
            sentences.append(
                f"By Bayes’ rule, p(y | x) of the {model} names the class of"
                f" {figure['value']}{error} of {metrics[name]['n']} examples."
            )
    return sentences


def _overfitting(metrics: Mapping[str, Any]) -> Mapping[str, Any] | None:
    metric = metrics.get("bits_per_dim_train") or metrics.get("nll_train") or {}
    found = metric.get("overfitting")
    if found is None:
        return None
    text = found["statement"] or found["reason"]
    return {"found": found["found"], "text": text.replace("+-", "±")}


def _terms(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
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


__all__ = ["render_report"]
