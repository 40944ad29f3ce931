"""A runner killed at each of its nodes, by the signals that end processes."""

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection

import numpy as np
import pytest
import tensorflow as tf

from components.runner_watch import RUNNER_VARIABLE
from smoothing_tf.training.history import History

_ROOT = pathlib.Path(__file__).parents[2]
_FLAGS = [
    "--dataset=digits",
    "--model=made",
    "--hidden_units=8,8",
    "--num_mixtures=1",
    "--num_steps=40",
    "--steps_per_call=2",
    "--log_every=10",
    "--validate_every=20",
    "--max_validation_examples=20",
    "--sample_every=0",
    "--checkpoint_every=10",
    "--max_examples=30",
    "--num_importance_draws=2",
    "--num_samples=20",
    "--extractors=randconv",
]
# Node -> (kfp's name of its directory, a file below the root that shows it at work).
_NODES = {
    "configure": ("configure", "smoothing-*/configure/*"),
    "ingest": ("ingest", "smoothing-*/ingest/.data.tmp-*"),
    "augment": ("augment", "smoothing-*/augment/.smoothing_spec.tmp-*"),
    "train_smoothed": ("train", "checkpoints/*/checkpoints/ckpt-*.index"),
    "train_reverse": ("train-2", "checkpoints/*/checkpoints/ckpt-*.index"),
    "export": ("export", "smoothing-*/export/.saved_model.tmp-*"),
    "generate": ("generate", "smoothing-*/generate/.samples.tmp-*/shards"),
    "evaluate": ("evaluate", "smoothing-*/evaluate/evaluation"),
    "push": ("push", "serving/.push.tmp-*"),
}
_SECONDS_TO_END = 5
_RUNNERS: list[subprocess.Popen] = []


@dataclasses.dataclass
class Kill:
    """The outcome of one killed run."""

    node: str
    number: int
    at_work: bool
    status: int
    seconds: float
    orphans: int


class Runner:
    """A local runner in a separate process, as a user starts it."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self._temporary = root.with_name("tmp")
        self._temporary.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "pipeline.local_runner"]
        self.process = subprocess.Popen(
            [*command, *_FLAGS, f"--pipeline_root={root}"],
            cwd=_ROOT,
            env={**os.environ, "TMPDIR": str(self._temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        _RUNNERS.append(self.process)

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def wait_for(self, condition):
        while not condition():
            assert self.process.poll() is None, self.finish()
            time.sleep(0.001)

    def finish(self) -> tuple[int, str]:
        """Waits for the end; returns the exit status and the text on stderr."""
        error = self.process.stderr.read()
        status = self.process.wait()
        self._reader.join()
        return status, error

    def _loaded_files(self) -> str:
        return pathlib.Path(f"/proc/{self.process.pid}/maps").read_text()

    def nodes(self) -> list[int]:
        """Finds the ids of all processes that this runner or its nodes have started."""
        mark = f"{RUNNER_VARIABLE}={self.process.pid} ".encode()
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark in path.read_bytes():
                    found.append(int(path.parent.name))
            except OSError:
                continue
        return found

    def started(self, nodes: Collection[str]) -> str | None:
        """Finds the first of these nodes that was started."""
        names = (line.removesuffix(" ...") for line in list(self.lines))
        return next((name for name in names if name in nodes), None)

    def kill(self, nodes: Collection[str], number: int, once_at_work: bool) -> Kill:
        """Kills the runner while the first of these nodes runs."""
        self.wait_for(lambda: self.started(nodes))
        node = self.started(nodes)
        _, pattern = _NODES[node]
        before = set(self.root.glob(pattern))
        if once_at_work:
            done = f"{node}: done"
            self.wait_for(
                lambda: (
                    set(self.root.glob(pattern)) - before
                    or any(line.startswith(done) for line in self.lines)
                )
            )
        else:
            self.wait_for(self.nodes)
            time.sleep(1.0)
        at_work = bool(set(self.root.glob(pattern)) - before)
        assert self.nodes()
        # Only the nodes compute: the runner needs no TensorFlow.
        assert "tensorflow" not in self._loaded_files()
        self.process.send_signal(number)
        start = time.monotonic()
        while self.nodes() and time.monotonic() < start + 30:
            time.sleep(0.02)
        seconds = time.monotonic() - start
        orphans = self.nodes()
        status, error = self.finish()
        if number == signal.SIGKILL:
            assert status == -number
        else:
            assert status == 128 + number
            (line,) = error.splitlines()
            assert "Run the same command to continue" in line
        return Kill(node, number, at_work, status, seconds, len(orphans))


@pytest.fixture(autouse=True)
def no_runner_outlives_a_failed_test():
    yield
    while _RUNNERS:
        _RUNNERS.pop().kill()


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """A root whose only run was not interrupted."""
    root = tmp_path_factory.mktemp("reference") / "root"
    assert sorted(["configure", *finish(root)]) == sorted(_NODES)
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The root of the killed runs."""
    return tmp_path_factory.mktemp("killed") / "root"


def finish(root):
    """Runs to the end; returns the nodes that ran, except configure, which must.

    It leaves no checkpoints.
    """
    runner = Runner(root)
    status, error = runner.finish()
    assert status == 0, error
    temporary = [p for p in (root, root.with_name("tmp")) for p in unfinished(p)]
    assert temporary == []
    configure, *ran = [
        line.split(":")[0] for line in runner.lines if ": done in " in line
    ]
    assert configure == "configure"
    assert not list((root / "checkpoints").iterdir())
    return ran


def unfinished(root):
    """Finds files that no complete run leaves."""
    if root.name == "tmp":
        return list(root.iterdir())
    return [
        path
        for path in root.rglob("*")
        if any(sign in path.name for sign in (".tmp", "tmp.", ".kfp_cache_", "_temp"))
    ]


def artifact(root, node):
    """The directory of a node's artifacts that the newest run shows.

    A node may finish before it notices that its runner was killed. Nobody knows of that
    one, and the next run, whose directory sorts after it, runs the node again.
    """
    task, _ = _NODES[node]
    return max(
        path
        for path in root.glob(f"smoothing-*/{task}")
        if (path / "executor_output.json").exists()
    )


def files(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def arrays(prefix):
    reader = tf.train.load_checkpoint(str(prefix))
    return {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if "_CHECKPOINTABLE_OBJECT_GRAPH" not in name
    }


def assert_equal_arrays(left, right):
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)


def without_paths(value):
    """Removes the root's path and the time of the run from JSON."""
    if isinstance(value, dict):
        return {k: without_paths(v) for k, v in value.items() if "seconds" not in k}
    if isinstance(value, list):
        return [without_paths(item) for item in value]
    return "DATA" if isinstance(value, str) and "--data_dir=" in value else value


def assert_equal_artifacts(root, reference):
    """Compares the results of two runs, file by file where a file is deterministic.

    Not compared as bytes: saved_model.pb and fingerprint.pb, whose function names and
    order of nodes differ from one process to the next; checkpoints and variables,
    which are compared as arrays; TensorBoard's events and the report, which hold times;
    flags and metrics, but for the path of the data.
    """
    assert files(artifact(root, "ingest")).keys() == (
        files(artifact(reference, "ingest")).keys()
    )
    for node, part in (("ingest", "data"), ("augment", "smoothing_spec")):
        ours = files(artifact(root, node) / part)
        assert ours == files(artifact(reference, node) / part)
    for node in ("train_smoothed", "train_reverse"):
        ours, theirs = (artifact(r, node) / "model" for r in (root, reference))
        names = [
            {path.relative_to(m).as_posix() for path in m.glob("checkpoints/*")}
            for m in (ours, theirs)
        ]
        assert names[0] == names[1]
        assert "checkpoints/ckpt-40.index" in names[0]
        assert_equal_arrays(
            *(arrays(m / "checkpoints" / "ckpt-40") for m in (ours, theirs))
        )
        rows = [without_paths(History(m).rows()) for m in (ours, theirs)]
        assert rows[0] == rows[1]
        flags = [(m / "flags.cfg").read_text().splitlines() for m in (ours, theirs)]
        assert without_paths(flags[0]) == without_paths(flags[1])
    assert_equal_models(
        *(artifact(r, "export") / "saved_model" for r in (root, reference))
    )
    samples = [
        dict(np.load(artifact(r, "generate") / "samples" / "samples.npz"))
        for r in (root, reference)
    ]
    assert_equal_arrays(*samples)
    metrics = [
        json.loads(
            (artifact(r, "evaluate") / "evaluation" / "metrics.json").read_text()
        )
        for r in (root, reference)
    ]
    assert without_paths(metrics[0]) == without_paths(metrics[1])
    assert os.listdir(root / "serving") == ["1"]
    assert files(root / "serving" / "1") == (
        files(artifact(root, "export") / "saved_model")
    )


def assert_equal_models(ours, theirs):
    left, right = files(ours), files(theirs)
    assert left.keys() == right.keys()
    varying = ("saved_model.pb", "fingerprint.pb")
    same = [n for n in left if n not in varying and not n.startswith("variables/")]
    assert {n: left[n] for n in same} == {n: right[n] for n in same}
    assert_equal_arrays(
        *(arrays(m / "variables" / "variables") for m in (ours, theirs))
    )
    drawn = [
        tf.saved_model.load(str(m)).signatures["sample"](
            num_samples=tf.constant(3), seed=tf.constant([1, 2])
        )
        for m in (ours, theirs)
    ]
    assert_equal_arrays(*drawn)


def forget(root, nodes):
    """Removes nodes from the cache, together with their outputs and pushed models."""
    for node in nodes:
        directory = artifact(root, node)
        for entry in (root / ".kfp_cache").glob("*.json"):
            text = entry.read_text()
            is_push = f'"{root}/serving/' in text
            if f"{directory}/" in text or (node == "push" and is_push):
                entry.unlink()
        subprocess.run(["rm", "-r", str(directory)], check=True)
    subprocess.run(["rm", "-r", str(root / "serving")], check=True)
    (root / "report.html").unlink()


def tally(kills):
    print()
    for kill in kills:
        name = signal.Signals(kill.number).name
        when = "at work" if kill.at_work else "starting"
        end = "no orphan" if kill.seconds <= _SECONDS_TO_END else "ORPHANS"
        print(
            f"{kill.node:15} {when}, {name}: exit {kill.status}, {end}"
            f" after {kill.seconds:.2f} s"
        )
    late = [kill for kill in kills if kill.orphans or kill.seconds > _SECONDS_TO_END]
    print(f"{len(kills)} kills, {len(kills) - len(late)} without an orphan in time.")
    assert late == []


@pytest.mark.large
@pytest.mark.timeout(3600)
def test_killed_at_every_node_in_turn(reference, root):
    """Each run but the last is killed one node later than the one before."""
    kills = []
    # kfp does not order the two stages; whichever comes first is killed first.
    while left := set(_NODES) - {kill.node for kill in kills}:
        once_at_work = left != {"push"}
        kills.append(Runner(root).kill(left, signal.SIGKILL, once_at_work))
        # Processes that the runner left publish nothing, now or later.
        time.sleep(max(0.0, _SECONDS_TO_END - kills[-1].seconds))
        assert not (root / "report.html").exists()
        assert [p for p in root.glob("serving/*") if p.name.isdecimal()] == []
    assert finish(root) == ["push"]
    tally(kills)
    assert_equal_artifacts(root, reference)
    assert finish(root) == []


@pytest.mark.large
@pytest.mark.timeout(3600)
def test_the_second_run_after_a_kill_finishes(reference, root):
    """Every kill is followed by a run that is not interrupted."""
    finish(root)
    kills = []
    nodes = list(_NODES)
    for node, number, once_at_work in (
        ("push", signal.SIGTERM, False),
        ("evaluate", signal.SIGINT, True),
        ("train_reverse", signal.SIGTERM, True),
        ("train_smoothed", signal.SIGKILL, True),
        ("ingest", signal.SIGTERM, False),
    ):
        rest = nodes[nodes.index(node) :]
        forget(root, rest)
        kills.append(Runner(root).kill([node], number, once_at_work))
        assert not (root / "serving" / "1").exists()
        assert sorted(finish(root)) == sorted(rest)
        if node.startswith("train"):
            log = (root / "logs" / f"{node}.log").read_text()
            assert "; resuming at step " in log
        assert_equal_artifacts(root, reference)
    tally(kills)
