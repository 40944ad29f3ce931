"""The tables of a report on samples: a row for each metric and kind of samples."""

from collections.abc import Mapping
from typing import Any

from smoothing_tf.evaluation.directions import ARROWS
from smoothing_tf.evaluation.distance_figure import distance_figure
from smoothing_tf.evaluation.glossary import QUANTITIES, find_quantity
from smoothing_tf.evaluation.html_page import data_url
from smoothing_tf.evaluation.rounding import format_se, format_significant, format_value

KINDS = {
    "smoothed": "p(x̃)",
    "samples": "two-step",
    "single_step": "single-step",
    "baseline": "baseline",
}


def extractor_tables(metrics: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
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
        if metric["value"] is None and find_quantity(name).endswith("_infinity"):
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


def _metric_row(name: str, metric: Mapping[str, Any]) -> dict[str, Any]:
    quantity = find_quantity(name)
    kinds = list(KINDS)
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
        "order": (list(QUANTITIES).index(quantity), kinds.index(metric["samples"])),
        "quantity": QUANTITIES[quantity],
        "key": quantity,
        "arrow": ARROWS.get(metric.get("direction", ""), ""),
        "samples": KINDS[metric["samples"]],
        "figure": value_with_error(metric),
        "n": metric["n"],
        "floor": _floor(floor),
        "at_n": value_with_error(at_n),
        "held_out": _comparison(metric.get("held_out")),
        "notes": "; ".join(notes),
    }


def distance_rows(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of the table of distances to the nearest training image."""
    rows, held_out = [], {}
    for name, metric in metrics.items():
        if (
            not name.startswith("nearest_training_distance")
            or "quantiles" not in metric
        ):
            continue
        kind = metric["samples"]
        rows.append(_distance_row(f"{KINDS.get(kind, kind)} samples", metric))
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


def value_with_error(metric: Mapping[str, Any]) -> dict[str, str | None]:
    """Writes {"value", "se"} with the digits that the error supports; None for none."""
    value, se = metric["value"], metric.get("se")
    if value is None:
        return {"value": None, "se": None}
    return {
        "value": format_value(value, se),
        "se": None if se is None else format_se(se),
    }


def _comparison(other: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not other or other["value"] is None:
        return None
    return {**value_with_error(other), "n": other["n"]}


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


__all__ = ["KINDS", "distance_rows", "extractor_tables", "value_with_error"]
