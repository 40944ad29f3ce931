"""Compares what two local runs have made."""

import functools
import json
import os
import pathlib

import numpy as np
import tensorflow as tf

from pipeline.graph import nodes_of
from pipeline.pipeline import smoothing_pipeline
from smoothing_tf.training.history import History

# Their function names and order of nodes differ from one process to the next.
_VARYING = ("saved_model.pb", "fingerprint.pb")


@functools.cache
def _tasks() -> dict[str, str]:
    """Node -> name of its directory in the directory of a run."""
    return {node.name: node.task for node in nodes_of(smoothing_pipeline("python"))}


def node_directory(
    root: pathlib.Path, node: str, must_exist: bool = True
) -> pathlib.Path:
    """Finds the directory of a node's artifacts that the newest run shows.

    A node may finish before it notices that its runner was killed. Nobody knows of that
    one, and the next run, whose directory sorts after it, runs the node again.
    """
    paths = [
        path
        for path in root.glob(f"smoothing-*/{_tasks()[node]}")
        if (path / "executor_output.json").exists()
    ]
    assert paths or not must_exist, node
    return max(paths, default=root / _tasks()[node])


def assert_equal_runs(root: pathlib.Path, reference: pathlib.Path) -> None:
    """Compares the results of two runs, file by file where a file is deterministic.

    Not compared as bytes: saved_model.pb and fingerprint.pb; checkpoints and variables,
    which are compared as arrays; TensorBoard's events and the report, which hold times;
    flags and metrics, but for the path of the data.
    """

    def both(node: str, *parts: str) -> list[pathlib.Path]:
        return [node_directory(r, node).joinpath(*parts) for r in (root, reference)]

    assert len({frozenset(_files(path)) for path in both("ingest")}) == 1
    for node, part in (("ingest", "data"), ("augment", "smoothing_spec")):
        ours, theirs = map(_files, both(node, part))
        assert ours == theirs
    for node in ("train_smoothed", "train_reverse"):
        _assert_equal_training(*both(node, "model"))
    _assert_equal_models(*both("export", "saved_model"))
    _assert_equal_arrays(
        *(dict(np.load(p)) for p in both("generate", "samples", "samples.npz"))
    )
    metrics = both("evaluate", "evaluation", "metrics.json")
    ours, theirs = (_without_paths(json.loads(path.read_text())) for path in metrics)
    assert ours == theirs
    assert os.listdir(root / "serving") == ["1"]
    assert _files(root / "serving" / "1") == _files(both("export", "saved_model")[0])


def _assert_equal_training(ours: pathlib.Path, theirs: pathlib.Path) -> None:
    names = [
        {path.relative_to(m).as_posix() for path in m.glob("checkpoints/*")}
        for m in (ours, theirs)
    ]
    assert names[0] == names[1]
    last = tf.train.latest_checkpoint(str(theirs / "checkpoints"))
    assert last is not None
    name = pathlib.Path(last).name
    _assert_equal_arrays(*(_arrays(m / "checkpoints" / name) for m in (ours, theirs)))
    rows = [_without_paths(History(m).rows()) for m in (ours, theirs)]
    assert rows[0] == rows[1]
    flags = [(m / "flags.cfg").read_text().splitlines() for m in (ours, theirs)]
    assert _without_paths(flags[0]) == _without_paths(flags[1])


def _assert_equal_models(ours: pathlib.Path, theirs: pathlib.Path) -> None:
    left, right = _files(ours), _files(theirs)
    assert left.keys() == right.keys()
    same = [n for n in left if n not in _VARYING and not n.startswith("variables/")]
    assert {n: left[n] for n in same} == {n: right[n] for n in same}
    _assert_equal_arrays(
        *(_arrays(m / "variables" / "variables") for m in (ours, theirs))
    )
    drawn = [
        tf.saved_model.load(str(m)).signatures["sample"](
            num_samples=tf.constant(3), seed=tf.constant([1, 2])
        )
        for m in (ours, theirs)
    ]
    _assert_equal_arrays(*drawn)


def _files(directory: pathlib.Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def _arrays(prefix: pathlib.Path) -> dict[str, np.ndarray]:
    reader = tf.train.load_checkpoint(str(prefix))
    return {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if "_CHECKPOINTABLE_OBJECT_GRAPH" not in name
    }


def _assert_equal_arrays(left, right) -> None:
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)


def _without_paths(value):
    """Removes the root's path and the time of the run from JSON."""
    if isinstance(value, dict):
        return {k: _without_paths(v) for k, v in value.items() if "seconds" not in k}
    if isinstance(value, list):
        return [_without_paths(item) for item in value]
    return "DATA" if isinstance(value, str) and "--data_dir=" in value else value
