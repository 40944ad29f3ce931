"""The page that compares runs: one HTML file without outside references."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from smoothing_tf import artifacts
from smoothing_tf.evaluation.directions import ARROWS
from smoothing_tf.evaluation.evaluated_run import read_runs
from smoothing_tf.evaluation.glossary import LIKELIHOODS, QUANTITIES, glossary
from smoothing_tf.evaluation.html_page import render_html
from smoothing_tf.evaluation.rounding import with_error
from smoothing_tf.evaluation.run_differences import compare_runs
from smoothing_tf.evaluation.sample_tables import KINDS, value_with_error

PAGE_FILE = "comparison.html"
JSON_FILE = "comparison.json"
_TEMPLATE = "comparison.html.j2"
_ONLY_IMAGES = (
    "Errors are over images. They leave out the spread over trainings: another training"
    " of the same settings would give other numbers, so a difference of many errors"
    " belongs to these trainings, and not yet to their settings."
)
_ONLY_SEEDS = (
    "These runs differ only in their seed. The errors of single runs and of differences"
    " are over images; the mean over the trainings has the error over trainings, from"
    " the spread of the runs, on these images."
)


def write_comparison(
    directories: Sequence[str], output: artifacts.Path
) -> dict[str, Any]:
    """Compares evaluated runs; writes comparison.html and comparison.json.

    Args:
      directories: working directories of runs, or directories of evaluations.
      output: directory of the two files; created when missing.

    Returns:
      The content of comparison.json; see `compare_runs`.

    Raises:
      FileNotFoundError: a run was not evaluated.
      ValueError: the runs were evaluated on other examples, or are fewer than two.
    """
    runs = read_runs(directories)
    compared = compare_runs(runs) | {"split": runs[0].split}
    page = render_comparison(compared, title=str(runs[0].about.get("dataset", "Runs")))
    output = artifacts.make_directory(output)
    artifacts.write_text(pathlib.Path(output) / PAGE_FILE, page)
    artifacts.write_json(pathlib.Path(output) / JSON_FILE, compared)
    return compared


def render_comparison(compared: Mapping[str, Any], *, title: str) -> str:
    """Renders the page of `compare_runs`.

    Args:
      compared: the result of `compare_runs`, and the "split".
      title: the data set's name.
    """
    likelihoods = compared["likelihoods"]
    labels = {name: label for *names, label in LIKELIHOODS for name in names}
    explained = {
        name: {"value": 0.0, "direction": row["direction"]}
        for name, row in (likelihoods | compared["samples"]).items()
    }
    return render_html(
        __package__,
        _TEMPLATE,
        title=title,
        split=compared["split"],
        runs=compared["runs"],
        settings=compared["settings"],
        about_errors=_ONLY_SEEDS if compared["only_seeds_differ"] else _ONLY_IMAGES,
        likelihoods=[
            {
                "label": labels[name],
                "arrow": ARROWS.get(row["direction"], ""),
                "unit": row["unit"],
                "rows": [
                    {"run": run, "value": _cell(value), "difference": _cell(difference)}
                    for run, value, difference in zip(
                        compared["runs"], row["values"], row["differences"], strict=True
                    )
                ],
                "over_trainings": _cell(row["over_trainings"]),
            }
            for name, row in likelihoods.items()
        ],
        tables=_sample_tables(compared),
        not_comparable=compared["not_comparable"],
        glossary=glossary(explained),
        arrows={arrow: direction for direction, arrow in ARROWS.items()},
    )


def _sample_tables(compared: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Caption -> rows, in the order of a report."""
    quantities, kinds = list(QUANTITIES), list(KINDS)
    tables: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(
        compared["samples"].values(),
        key=lambda row: (
            quantities.index(row["quantity"]),
            kinds.index(row["samples"]),
        ),
    ):
        caption = "Whole images"
        if row["extractor"] is not None:
            caption = f"Features: {row['extractor']}"
        tables.setdefault(caption, []).append(
            {
                "quantity": QUANTITIES[row["quantity"]],
                "arrow": ARROWS.get(row["direction"], ""),
                "samples": KINDS[row["samples"]],
                "cells": [_cell(value) for value in row["values"]],
            }
        )
    return tables


def comparison_lines(compared: Mapping[str, Any]) -> list[str]:
    """Writes each paired difference of likelihoods as a line of plain text."""
    first, *others = compared["runs"]
    return [
        f"{name}: {run} minus {first} is"
        f" {with_error(difference['value'], difference['se'])} {row['unit']}"
        f" ({difference['n']} {compared['split']} examples, paired)"
        for name, row in compared["likelihoods"].items()
        for run, difference in zip(others, row["differences"][1:], strict=True)
        if difference is not None
    ]


def _cell(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if value is None else {**value_with_error(value), "n": value["n"]}
