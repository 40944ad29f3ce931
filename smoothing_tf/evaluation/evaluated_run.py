"""An evaluation that was written before, and the check that several can be compared."""

import dataclasses
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from smoothing_tf import artifacts
from smoothing_tf.evaluation.names import METRICS_FILE, PER_IMAGE_FILE

_EVALUATION = "evaluation"
# Flags that say what the scored examples are. Evaluations of an older version recorded
# no digest of these.
_DATA_FLAGS = (
    "dataset",
    "image_mode",
    "image_size",
    "num_levels",
    "split_fractions",
    "columns",
    "standardize",
)
# Flags that change no result.
_PLACES = ("data_dir", "cache_dir", "inception_dir")


@dataclasses.dataclass(frozen=True)
class EvaluatedRun:
    """What an evaluation has written.

    Attributes:
      name: short name of the run, its own among those that are compared.
      directory: directory of the evaluation.
      metrics: name -> metric.
      about: how the run was made, "run" of metrics.json.
      per_image: name -> values of single examples, and their "index".
    """

    name: str
    directory: pathlib.Path
    metrics: Mapping[str, Mapping[str, Any]]
    about: Mapping[str, Any]
    per_image: Mapping[str, np.ndarray]

    @property
    def flags(self) -> dict[str, str]:
        """Flag -> value of the run, without those that change no result."""
        pairs = (flag.removeprefix("--").partition("=") for flag in self.about["flags"])
        return {name: value for name, _, value in pairs if name not in _PLACES}

    @property
    def split(self) -> str:
        """The split that was scored."""
        return self.flags.get("split", "test")


def read_runs(directories: Sequence[str]) -> list[EvaluatedRun]:
    """Reads evaluations and checks that they can be compared.

    Args:
      directories: working directories of runs, or directories of evaluations.

    Returns:
      The evaluations, in this order.

    Raises:
      FileNotFoundError: a directory holds no evaluation.
      ValueError: fewer than two directories, the same one twice, or other examples.
    """
    if len(directories) < 2:
        raise ValueError(
            f"`compare` must name at least two runs; got {', '.join(directories)}."
        )
    paths = [_find(directory) for directory in directories]
    resolved = [path.resolve() for path in paths]
    for directory, path in zip(directories, resolved):
        if resolved.count(path) > 1:
            raise ValueError(
                f"`compare` must name each run once; got {directory} twice."
            )
    names = _short_names(directories)
    runs = [_read(path, name) for path, name in zip(paths, names)]
    for other in runs[1:]:
        _check_same_examples(runs[0], other)
    return runs


def _find(directory: str) -> pathlib.Path:
    for path in (pathlib.Path(directory) / _EVALUATION, pathlib.Path(directory)):
        if (path / METRICS_FILE).is_file():
            return path
    raise FileNotFoundError(
        f"There is no evaluation in {directory}; run `python -m smoothing_tf.evaluate"
        f" --workdir={directory}` first."
    )


def _short_names(directories: Sequence[str]) -> list[str]:
    """Cuts what all paths begin with, at a separator."""
    paths = [os.path.abspath(directory) for directory in directories]
    common = os.path.commonpath(paths)
    if common in paths:
        return list(directories)
    return [os.path.relpath(path, common) for path in paths]


def _read(directory: pathlib.Path, name: str) -> EvaluatedRun:
    metrics = dict(artifacts.read_json(directory / METRICS_FILE))
    per_image = directory / PER_IMAGE_FILE
    if "run" not in metrics or not per_image.is_file():
        raise FileNotFoundError(
            f"The evaluation in {directory} is not complete; run"
            " `python -m smoothing_tf.evaluate` again."
        )
    about = metrics.pop("run")
    arrays = artifacts.read_kept_npz(per_image)
    return EvaluatedRun(name, directory, metrics, about, arrays)


def _check_same_examples(first: EvaluatedRun, other: EvaluatedRun) -> None:
    def refuse(what: str, expected: Any, found: Any) -> None:
        raise ValueError(
            "Runs that are compared must have been evaluated on the same examples:"
            f" {other.directory} has another {what} than {first.directory}, {found} and"
            f" {expected}. Evaluate both with one data set, --split and --max_examples."
        )

    digests = [run.about.get("scored_sha256") for run in (first, other)]
    names = ("data set", first.about.get("dataset"), other.about.get("dataset"))
    facts = [names, ("split", first.split, other.split)]
    if None in digests:
        facts += [
            (f"--{flag}", first.flags.get(flag), other.flags.get(flag))
            for flag in _DATA_FLAGS
        ]
    index, other_index = first.per_image["index"], other.per_image["index"]
    facts.append(("number of examples", len(index), len(other_index)))
    for what, expected, found in facts:
        if expected != found:
            refuse(what, expected, found)
    if not np.array_equal(index, other_index):
        refuse("choice of examples", "one random subset", "another")
    if None not in digests and digests[0] != digests[1]:
        refuse("SHA-256 of them", *(str(digest)[:12] for digest in digests))
