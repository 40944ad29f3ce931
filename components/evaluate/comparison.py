"""The paired difference of the bounds of a new model and of a served one."""

from collections.abc import Callable
from typing import Any

import numpy as np

from components.evaluate.served_bound import ServedBound
from components.files import file_name
from components.predecessor import Predecessor
from components.served_versions import digest_of
from smoothing_tf import artifacts
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.subsets import subset_indices, subset_record
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.likelihood import (
    FIRST_STEP,
    Metric,
    Unit,
    make_metric,
)
from smoothing_tf.evaluation.names import REGRESSION_SUFFIX
from smoothing_tf.parts import Parts
from smoothing_tf.seeds import derive_seed, example_seeds

# A difference of this many standard errors is hardly ever due to chance.
_NUM_ERRORS = 2.0


def compare(
    model: artifacts.Path,
    predecessor: Predecessor,
    dataset: Dataset,
    config: EvaluationConfig,
    seed: int,
    parts: Parts | None = None,
) -> dict[str, Metric]:
    """Computes the bound of a model minus that of a served version.

    Both are computed by the exported signatures, on the same examples of
    `config.split` and with the same seeds of x~: images differ more than models, and
    what the two have in common cancels.

    Args:
      model: the exported model.
      predecessor: the version; it must be there.
      dataset: the data of this run.
      config: the split, its size, and the number of draws of x~ per example.
      seed: the run's seed.
      parts: stores the bounds as they are computed, and shows progress; None does
        neither.

    Returns:
      `bits_per_dim_regression`, for vectors `nll_regression` -> the metric of the
      difference, positive where the model is worse. Its further entries are "version",
      "sha256", "of_model" and "of_version", the two bounds, "max_regression",
      "upper", the difference plus two standard errors, "is_same", whether the bounds
      are equal on every example, and "passed".

    Raises:
      OSError: a model cannot be read.
      ValueError: the version is of other data or levels, has changed, is damaged or has
        no bound; or there are fewer than two examples.
    """
    assert predecessor.version is not None
    if digest_of(predecessor.version) != predecessor.digest:
        raise ValueError(
            f"The version {predecessor.version} has changed since this run began; run"
            " again."
        )
    new, old = ServedBound(str(model)), ServedBound(predecessor.version)
    _check_same_data(new, old)
    x = dataset.array(config.split)
    indices = np.sort(subset_indices(len(x), config.max_examples))
    if len(indices) < 2:
        raise ValueError(
            "`bless_against` needs at least two examples, for a standard error; got"
            f" {len(indices)}. Raise --max_examples."
        )
    values = _bounds((new, old), dataset, indices, config, seed, parts or Parts())
    with np.errstate(invalid="ignore"):  # Two infinite bounds have no difference.
        difference = values[0] - values[1]
    unit = Unit(dataset.event_shape, dataset.num_levels)
    described: dict[str, Any] = {"split": config.split, "unit": unit.name}
    if new.takes_label:
        described["given"] = "label"
    metric = make_metric(
        difference,
        {},
        bound=False,
        k=1,
        draws=config.num_draws,
        **described,
        **subset_record(len(x), len(indices)),
    )
    metric.update(
        version=predecessor.version,
        sha256=predecessor.digest,
        max_regression=predecessor.max_regression,
        is_same=not difference.any(),
        **_judge(values, metric, predecessor.max_regression),
    )
    # The same model, exported again, need not be better than itself.
    metric["passed"] |= metric["is_same"]
    return {unit.metric_name + REGRESSION_SUFFIX: metric}


def _judge(values: np.ndarray, metric: Metric, max_regression: float) -> dict[str, Any]:
    if metric["value"] is None:
        # A model replaces one that gives some of the data no probability at all.
        bad = np.sum(~np.isfinite(values), axis=1)
        whose = "this model" if bad[0] else "the served version"
        reason = (
            f"The bound of {bad[0] or bad[1]} of {values.shape[1]} examples is not"
            f" finite under {whose}."
        )
        return {"reason": reason, "upper": None, "passed": not bad[0]}
    upper = metric["value"] + _NUM_ERRORS * metric["se"]
    of_model, of_version = values.mean(axis=1).tolist()
    return {
        "of_model": of_model,
        "of_version": of_version,
        "upper": upper,
        "passed": upper < max_regression,
    }


def _bounds(
    models: tuple[ServedBound, ServedBound],
    dataset: Dataset,
    indices: np.ndarray,
    config: EvaluationConfig,
    seed: int,
    parts: Parts,
) -> np.ndarray:
    """Computes the bounds of the examples at these positions, float64 [models, n]."""
    x, labels = dataset.array(config.split), None
    if models[0].takes_label:
        labels = dataset.labels(config.split)
    size = min(config.evaluation_batch_size, *(model.max_rows for model in models))
    total = config.num_draws * len(indices)
    with parts.partial_arrays(
        f"comparison {config.split}", total, first_step=FIRST_STEP
    ) as bounds:
        for draw in range(config.num_draws):
            # An example has the same seed in every subset and every batch.
            seeds = example_seeds(
                derive_seed(seed, f"blessing noise {config.split}", draw),
                1 + int(indices[-1]),
            ).numpy()
            for start in range(0, len(indices), size):
                if draw * len(indices) + start < bounds.num_done:
                    continue
                rows = indices[start : start + size]
                examples = x[rows]
                if dataset.standardization is not None:
                    examples = dataset.standardization.restore(examples)
                label = None if labels is None else labels[rows]
                new, old = (model(examples, seeds[rows], label) for model in models)
                bounds.append({"model": new, "version": old})
        values = np.stack([bounds.arrays["model"], bounds.arrays["version"]])
    return values.reshape(len(models), config.num_draws, -1).mean(axis=1)


def _check_same_data(new: ServedBound, old: ServedBound) -> None:
    """Raises a ValueError unless both models are of the same data and kind."""
    for what, describe in _FACTS.items():
        mine, other = describe(new), describe(old)
        if None not in (mine, other) and mine != other:
            raise ValueError(
                f"The version {old.version} cannot be compared with this model: its"
                f" {what} is {other}, that of this model {mine}. Name a directory of"
                " models of the same data as `bless_against`, or drop it."
            )
    if new.takes_label != old.takes_label:
        raise ValueError(
            f"The version {old.version} cannot be compared with this model: it is"
            f" {_kind(old)}, this model {_kind(new)}. Name a directory of {_kind(new)}"
            " models as `bless_against`, or drop it."
        )


def _kind(model: ServedBound) -> str:
    return "class-conditional" if model.takes_label else "unconditional"


def _data(model: ServedBound) -> str | None:
    # ingest turns the name into one of files; other exports keep it.
    return file_name(str(model.facts["data"])) if "data" in model.facts else None


def _levels(model: ServedBound) -> str:
    return str(model.facts.get("num_levels") or "none (continuous)")


def _num_classes(model: ServedBound) -> int | None:
    return model.facts.get("num_classes") if model.takes_label else None


def _classes(model: ServedBound) -> str | None:
    names = model.facts.get("class_names") if model.takes_label else None
    return ", ".join(names) if names else None


# None where it is not known: earlier versions did not record the name of the data, and
# not all data name their classes.
_FACTS: dict[str, Callable[[ServedBound], Any]] = {
    "data set": _data,
    "shape of an example": lambda model: model.facts.get("event_shape"),
    "number of levels": _levels,
    "list of columns": lambda m: (m.facts.get("standardization") or {}).get("columns"),
    "number of classes": _num_classes,
    "list of classes": _classes,
}
