"""The report: one HTML file without outside references."""

from collections.abc import Mapping
from typing import Any

from smoothing_tf.evaluation.directions import ARROWS
from smoothing_tf.evaluation.distance_figure import distance_figure
from smoothing_tf.evaluation.figures import History, training_curves
from smoothing_tf.evaluation.headline import few_draws
from smoothing_tf.evaluation.html_page import data_url, render_html
from smoothing_tf.evaluation.report_likelihoods import (
    describe_accuracies,
    describe_likelihoods,
    describe_overfitting,
    describe_terms,
)
from smoothing_tf.evaluation.rounding import (
    format_metric,
    format_se,
    format_significant,
)

_TEMPLATE = "report.html.j2"
_QUANTITIES = {
    "fid": "FID",
    "fid_infinity": "FID, extrapolated",
    "fd": "Fréchet distance",
    "fd_infinity": "Fréchet distance, extrapolated",
    "kid_subsets": "Kernel distance (KID), mean of subsets",
    "kid": "Kernel distance (KID)",
    "precision": "Precision",
    "recall": "Recall",
    "inception_score": "Inception score",
    "confidence": "Classifier confidence",
    "nearest_training_distance": "Distance to nearest training image",
}
_KINDS = {
    "smoothed": "p(x̃)",
    "samples": "two-step",
    "single_step": "single-step",
    "baseline": "baseline",
}


def render_report(
    *,
    title: str,
    metrics: Mapping[str, Any],
    pictures: Mapping[str, bytes],
    histories: Mapping[str, History],
    flags_text: str,
    facts: Mapping[str, Any],
) -> str:
    """Renders a self-contained HTML page.

    Args:
      title: title of the page, e.g. the data set's name.
      metrics: content of metrics.json.
      pictures: caption -> PNG.
      histories: stage -> rows of the training curve; may be empty.
      flags_text: the resolved configuration, one flag per line.
      facts: name -> value, e.g. versions and seeds.

    Returns:
      HTML; nothing in it is loaded from elsewhere.
    """
    curves = {
        stage: training_curves(history, stage) for stage, history in histories.items()
    }
    headlines = describe_likelihoods(metrics)
    return render_html(
        __package__,
        _TEMPLATE,
        title=title,
        headlines=headlines,
        unit=headlines[0]["unit"] if headlines else "",
        overfitting=describe_overfitting(metrics),
        few_draws=few_draws(metrics),
        class_accuracies=describe_accuracies(metrics),
        terms=describe_terms(metrics),
        extractors=_extractor_tables(metrics),
        arrows={arrow: direction for direction, arrow in ARROWS.items()},
        distances=_distance_rows(metrics),
        pictures={name: data_url("png", png) for name, png in pictures.items()},
        curves={
            stage: data_url("svg+xml", svg) for stage, svg in curves.items() if svg
        },
        flags_text=flags_text.strip(),
        facts=facts,
    )


def _extractor_tables(metrics: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Extractor -> the parts of its table, e.g. "rows", as the template names them."""
    tables: dict[str, dict[str, Any]] = {}
    for name, metric in metrics.items():
        if "extractor" not in metric:
            continue
        extractor = metric["extractor"]
        table = tables.setdefault(
            extractor["id"],
            {"sha256": None, "rows": [], "reasons": [], "no_error": {}, "lines": {}}
            | {"not_extrapolated": []},
        )
        if metric["value"] is None and _quantity(name).endswith("_infinity"):
            if metric["reason"] not in table["not_extrapolated"]:
                table["not_extrapolated"].append(metric["reason"])
        elif metric["value"] is None:
            if metric["reason"] not in table["reasons"]:
                table["reasons"].append(metric["reason"])
        else:
            table["sha256"] = extractor["sha256"]
            table["graph_sha256"] = extractor.get("graph_sha256")
            table["preprocessing"] = extractor["preprocessing"]
            table["reference"] = (
                f"{metric['n_reference']} images of the {metric['reference_split']}"
                " split"
            )
            row = _metric_row(name, metric)
            table["rows"].append(row)
            if "line" in metric:
                table["lines"][row["samples"]] = metric
            if metric.get("se_reason"):
                names = table["no_error"].setdefault(metric["se_reason"], [])
                if row["quantity"] not in names:
                    names.append(row["quantity"])
    for table in tables.values():
        table["rows"].sort(key=lambda row: row["order"])
        lines = table.pop("lines")
        table["figure"] = data_url("svg+xml", distance_figure(lines)) if lines else None
    return tables


def _quantity(name: str) -> str:
    """Finds the quantity of a metric, the longest one that begins its name."""
    return max((q for q in _QUANTITIES if name.startswith(q)), key=len)


def _metric_row(name: str, metric: Mapping[str, Any]) -> dict[str, Any]:
    quantity = _quantity(name)
    kinds = list(_KINDS)
    notes = []
    if metric.get("rank_deficient"):
        notes.append("rank deficient: n ≤ number of features")
    if "num_classes_found" in metric:
        found, total = metric["num_classes_found"], metric["num_classes"]
        notes.append(f"{found} of {total} classes found")
    for spread in ("std_over_subsets", "std_over_splits"):
        if metric.get(spread):
            words = spread.replace("_", " ").replace("std", "s.d.")
            notes.append(f"{words} {format_significant(metric[spread], 2)}")
    if metric.get("target"):
        notes.append(f"estimates the {metric['target']}")
    floor = metric.get("floor") or {}
    at_n = {"value": floor.get("value_at_n"), "se": floor.get("se_at_n")}
    return {
        "order": (list(_QUANTITIES).index(quantity), kinds.index(metric["samples"])),
        "quantity": _QUANTITIES[quantity],
        "arrow": ARROWS.get(metric.get("direction", ""), ""),
        "samples": _KINDS[metric["samples"]],
        "figure": format_metric(metric),
        "n": metric["n"],
        "floor": _floor(floor),
        "at_n": format_metric(at_n),
        "held_out": _comparison(metric.get("held_out")),
        "notes": "; ".join(notes),
    }


def _distance_rows(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows, held_out = [], {}
    for name, metric in metrics.items():
        if (
            not name.startswith("nearest_training_distance")
            or "quantiles" not in metric
        ):
            continue
        kind = metric["samples"]
        rows.append(_distance_row(f"{_KINDS.get(kind, kind)} samples", metric))
        held_out = metric["held_out"]
    if held_out.get("value") is not None:
        rows.append(_distance_row("held-out real images", held_out))
    return rows


def _distance_row(label: str, summary: Mapping[str, Any]) -> dict[str, Any]:
    quantiles = {
        q: format_significant(summary["quantiles"][q], 3)
        for q in ("0.0", "0.05", "0.5", "0.95")
    }
    return {
        "label": label,
        "n": summary["n"],
        "se": None if summary.get("se") is None else format_se(summary["se"]),
        "se_reason": summary.get("se_reason"),
        "copies": summary["exact_copies"],
        "quantiles": quantiles,
    }


def _comparison(other: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not other or other["value"] is None:
        return None
    return {**format_metric(other), "n": other["n"]}


def _floor(floor: Mapping[str, Any]) -> dict[str, Any] | None:
    if floor.get("value") is None:
        return None
    values = {q: format_significant(v, 3) for q, v in floor["quantiles"].items()}
    return {
        "median": values.pop("0.5"),
        "range": " to ".join(values.values()),
        "n": floor["n"],
        "repeats": floor["repeats"],
    }
