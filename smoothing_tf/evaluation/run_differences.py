"""Several evaluated runs next to each other, with paired differences."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from smoothing_tf.evaluation.evaluated_run import EvaluatedRun
from smoothing_tf.evaluation.glossary import LIKELIHOODS, QUANTITIES, find_quantity
from smoothing_tf.evaluation.likelihood import paired_difference
from smoothing_tf.evaluation.names import RAW_SUFFIX, REGRESSION_SUFFIX

_MARGINAL = "_marginal"
# What two likelihoods of one name must share to be the same quantity.
_MEANING = ("unit", "given", "k", "bound", "scale", "split")


def compare_runs(runs: Sequence[EvaluatedRun]) -> dict[str, Any]:
    """Compares runs that were evaluated on the same examples.

    Args:
      runs: the evaluations, from `read_runs`; differences are to the first.

    Returns:
      {"runs": names, "settings": name -> a value per run, of what differs,
      "only_seeds_differ": whether that is the seed alone, "likelihoods": name ->
      {"unit", "direction", "values", "differences", "over_trainings"}, "samples": name
      -> {"extractor", "samples", "direction", "values"}, "not_comparable": sentences}.
      A value is {"value", "se", "n"} or None for each run; so is a difference, from the
      value of the first run, image by image. "over_trainings" is the mean of the
      values, their standard deviation and the standard error over trainings, only if
      the runs differ in nothing but their seed.
    """
    settings = _settings(runs)
    only_seeds = set(settings) == {"seed"}
    likelihoods, samples = {}, {}
    not_comparable: list[str] = []
    for names in LIKELIHOODS:
        for name in dict.fromkeys(names[:2]):
            if not name.endswith((RAW_SUFFIX, REGRESSION_SUFFIX)):
                row = _likelihood(name, runs, only_seeds, not_comparable)
                if row is not None:
                    likelihoods[name] = row
    for name in dict.fromkeys(name for run in runs for name in run.metrics):
        if name.startswith(tuple(QUANTITIES)):
            row = _of_samples(name, runs, not_comparable)
            if row is not None:
                samples[name] = row
    return {
        "runs": [run.name for run in runs],
        "settings": settings,
        "only_seeds_differ": only_seeds,
        "likelihoods": likelihoods,
        "samples": samples,
        "not_comparable": list(dict.fromkeys(not_comparable)),
    }


def _settings(runs: Sequence[EvaluatedRun]) -> dict[str, list[str]]:
    """Finds the flags, steps and sizes that differ; "" where a run has none."""
    columns = []
    for run in runs:
        about = {
            f"{what} of stage {stage}": f"{number:,}"
            for what in ("steps", "parameters")
            for stage, number in run.about.get(what, {}).items()
        }
        columns.append(run.flags | about)
    names = dict.fromkeys(name for column in columns for name in column)
    rows = {name: [column.get(name, "") for column in columns] for name in names}
    return {name: row for name, row in rows.items() if len(set(row)) > 1}


def _likelihood(
    name: str,
    runs: Sequence[EvaluatedRun],
    only_seeds: bool,
    not_comparable: list[str],
) -> dict[str, Any] | None:
    if not any(_value(run.metrics.get(name)) for run in runs):
        return None
    own_names = [_name_in(run, name) for run in runs]
    metrics = [run.metrics.get(own) for run, own in zip(runs, own_names)]
    meanings = {_meaning(metric) for metric in metrics if _value(metric)}
    if len(meanings) > 1:
        not_comparable.append(
            f"{name} is not the same quantity in all runs, e.g. given the class in some"
            " of them, or of another number of draws K; see their reports."
        )
        return None
    arrays = [run.per_image.get(own) for run, own in zip(runs, own_names)]
    values = [_value(metric) for metric in metrics]
    differences: list[dict[str, Any] | None] = [None]
    for array in arrays[1:]:
        differences.append(_difference(array, arrays[0]))
    known = next(metric for metric in metrics if metric and _value(metric))
    return {
        "unit": known["unit"],
        "direction": known.get("direction", ""),
        "values": values,
        "differences": differences,
        "over_trainings": _over_trainings(values) if only_seeds else None,
    }


def _name_in(run: EvaluatedRun, name: str) -> str:
    """The likelihood without the class is the plain one of a run without classes."""
    plain = name.removesuffix(_MARGINAL)
    if name not in run.metrics and "given" not in run.metrics.get(plain, {"given": ""}):
        return plain
    return name


def _difference(
    array: np.ndarray | None, first: np.ndarray | None
) -> dict[str, Any] | None:
    if array is None or first is None or len(array) < 2:
        return None
    if not np.all(np.isfinite(array)) or not np.all(np.isfinite(first)):
        return None
    value, se = paired_difference(array, first)
    return {"value": value, "se": se, "n": len(array)}


def _over_trainings(
    values: Sequence[Mapping[str, Any] | None],
) -> dict[str, Any] | None:
    numbers = [value["value"] for value in values if value is not None]
    if len(numbers) < 2:
        return None
    std = float(np.std(numbers, ddof=1))
    return {
        "value": float(np.mean(numbers)),
        "se": std / math.sqrt(len(numbers)),
        "std": std,
        "n": len(numbers),
    }


def _of_samples(
    name: str, runs: Sequence[EvaluatedRun], not_comparable: list[str]
) -> dict[str, Any] | None:
    metrics = [run.metrics.get(name, {}) for run in runs]
    known = [metric for metric in metrics if _value(metric)]
    if not known:
        return None
    extractors = {metric.get("extractor", {}).get("sha256") for metric in known}
    if len(extractors) > 1:
        extractor = known[0]["extractor"]["id"]
        not_comparable.append(
            f"Metrics of the extractor {extractor} are left out: its weights differ"
            " between the runs, because it is trained with the seed of the run, or by"
            " another version."
        )
        return None
    return {
        "extractor": known[0].get("extractor", {}).get("id"),
        "samples": known[0]["samples"],
        "quantity": find_quantity(name),
        "direction": known[0].get("direction", ""),
        "values": [_value(metric) for metric in metrics],
    }


def _value(metric: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if metric is None or metric.get("value") is None:
        return None
    return {key: metric.get(key) for key in ("value", "se", "n")}


def _meaning(metric: Mapping[str, Any] | None) -> tuple:
    return tuple((metric or {}).get(key) for key in _MEANING)
