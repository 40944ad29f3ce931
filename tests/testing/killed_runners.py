"""Local runners in processes of their own, which tests kill."""

import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection

from components import processes
from components.runner_watch import RUNNER_VARIABLE
from pipeline.graph import nodes_of
from pipeline.pipeline import smoothing_pipeline
from smoothing_tf.checkout import ROOT
from tests.testing.run_comparison import node_directory

FLAGS = [
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
# So many steps that they take longer than what comes before them.
_LONG_TRAINING = [
    "--num_steps=2000",
    "--steps_per_call=20",
    "--log_every=1000",
    "--validate_every=2000",
    "--checkpoint_every=200",
]
# Names of the nodes that the cache can know, in the order of the graph.
NODES = [node.name for node in nodes_of(smoothing_pipeline("python")) if node.is_cached]
SECONDS_TO_END = 5
# Node -> a file in its directory that shows it at work.
_SIGNS = {
    "ingest": ".data.tmp-*",
    "augment": ".smoothing_spec.tmp-*",
    "export": ".saved_model.tmp-*",
    "generate": ".samples.tmp-*/shards",
    "evaluate": "evaluation",
}
_DONE = re.compile(r"(\w+): done in ([\d.]+) s")
_runners: list[subprocess.Popen] = []


@dataclasses.dataclass
class Kill:
    """The outcome of one killed run."""

    node: str
    number: int
    at_work: bool
    status: int
    seconds: float
    orphans: int

    def __str__(self):
        when = "at work" if self.at_work else "starting"
        end = "no orphan" if self.is_clean else "ORPHANS"
        return (
            f"{self.node:15} {when}, {signal.Signals(self.number).name}: exit"
            f" {self.status}, {end} after {self.seconds:.2f} s"
        )

    @property
    def is_clean(self):
        """Whether all processes of the nodes ended in time."""
        return not self.orphans and self.seconds <= SECONDS_TO_END


class Runner:
    """A local runner in a separate process.

    Args:
      root: the pipeline root.
      is_quick: whether its nodes are forks, which start at once and train for longer;
        otherwise it runs as a user starts it.
    """

    def __init__(self, root: pathlib.Path, is_quick: bool = False):
        self.root = root
        temporary = root.with_name("tmp")
        temporary.mkdir(exist_ok=True)
        module = "tests.testing.quick_runner" if is_quick else "pipeline.local_runner"
        flags = [*FLAGS, *_LONG_TRAINING] if is_quick else FLAGS
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *flags, f"--pipeline_root={root}"],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._is_quick = is_quick
        self._seen: dict[int, str | None] = {}
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        _runners.append(self.process)

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

    def seconds(self) -> dict[str, float]:
        """Node -> its seconds, of the nodes that have run and that the cache knows."""
        matches = [_DONE.match(line) for line in list(self.lines)]
        found = {match[1]: float(match[2]) for match in matches if match}
        return {name: found[name] for name in found if name in NODES}

    def _loaded_files(self) -> str:
        return pathlib.Path(f"/proc/{self.process.pid}/maps").read_text()

    def processes(self) -> set[int]:
        """Finds the ids of all processes that this runner or its nodes have started.

        Forks keep the environment of their server, in which the runner's mark is not.
        The server itself, a child of the runner that takes seconds to end, computes
        nothing.
        """
        if self._is_quick:
            parents = processes._parents()
            for pid in processes.descendants(self.process.pid):
                if parents.get(pid) != self.process.pid:
                    self._seen.setdefault(pid, processes.start_time(pid))
        running = {
            pid
            for pid, start in self._seen.items()
            if start is not None and processes.start_time(pid) == start
        }
        return running | self._marked()

    def _marked(self) -> set[int]:
        """Finds the processes whose environment names the runner."""
        mark = f"{RUNNER_VARIABLE}={self.process.pid} ".encode()
        found = set()
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark in path.read_bytes():
                    found.add(int(path.parent.name))
            except OSError:
                continue
        return found

    def started(self, nodes: Collection[str]) -> str | None:
        """Finds the first of these nodes that was started."""
        names = (line.removesuffix(" ...") for line in list(self.lines))
        return next((name for name in names if name in nodes), None)

    def kill(self, nodes: Collection[str], number: int, once_at_work: bool) -> Kill:
        """Kills the runner while the first of these nodes runs."""
        before = {node: _signs_of_work(self.root, node) for node in nodes}
        self.wait_for(lambda: self.started(nodes))
        node = self.started(nodes)

        def is_at_work():
            return bool(_signs_of_work(self.root, node) - before[node])

        if once_at_work:
            self.wait_for(lambda: is_at_work() or node in self.seconds())
        else:
            self.wait_for(self.processes)
            time.sleep(1.0)
        assert self.processes()
        return self._kill(node, number, is_at_work())

    def kill_after(self, node: str, seconds: float, number: int) -> Kill:
        """Kills the runner that long after a node was started, or when it is done."""
        before = _signs_of_work(self.root, node)
        self.wait_for(lambda: self.started([node]) and self.processes())
        end = time.monotonic() + seconds
        while time.monotonic() < end and node not in self.seconds():
            time.sleep(0.001)
        at_work = bool(_signs_of_work(self.root, node) - before)
        return self._kill(node, number, at_work)

    def _kill(self, node: str, number: int, at_work: bool) -> Kill:
        # Only the nodes compute: the runner needs no TensorFlow.
        assert "tensorflow" not in self._loaded_files()
        self.process.send_signal(number)
        start = time.monotonic()
        while self.processes() and time.monotonic() < start + 30:
            time.sleep(0.02)
        seconds = time.monotonic() - start
        orphans = self.processes()
        status, error = self.finish()
        if number == signal.SIGKILL:
            assert status == -number
        else:
            assert status == 128 + number
            lines = error.splitlines()
            # The server of forks writes what TensorFlow writes when it is imported.
            assert len(lines) == 1 or self._is_quick
            assert any("Run the same command to continue" in line for line in lines)
        return Kill(node, number, at_work, status, seconds, len(orphans))


def finish(root: pathlib.Path, is_quick: bool = False) -> dict[str, float]:
    """Runs to the end; returns node -> seconds, of nodes that ran."""
    runner = Runner(root, is_quick)
    status, error = runner.finish()
    assert status == 0, error
    assert _unfinished(root) == []
    # Trainings that resume outside the directory of a run have finished, too.
    assert not list(root.glob("checkpoints/*"))
    if not is_quick:  # Python's server of forks, once killed, leaves its socket.
        assert list(root.with_name("tmp").iterdir()) == []
    return runner.seconds()


def forget(root: pathlib.Path, nodes: Collection[str]) -> None:
    """Removes nodes from the cache, together with their outputs and pushed models."""
    for node in nodes:
        directory = node_directory(root, node)
        for entry in (root / ".kfp_cache").glob("*.json"):
            text = entry.read_text()
            is_push = f'"{root}/serving/' in text
            if f"{directory}/" in text or (node == "push" and is_push):
                entry.unlink()
        subprocess.run(["rm", "-r", str(directory)], check=True)
    subprocess.run(["rm", "-r", str(root / "serving")], check=True)
    (root / "report.html").unlink()


def end_runners() -> None:
    """Kills the runners that a failed test has left."""
    while _runners:
        _runners.pop().kill()


def _signs_of_work(root: pathlib.Path, node: str) -> set[pathlib.Path]:
    if node.startswith("train_"):
        flag = f"--{node.removeprefix('train_')}_model="
        return {
            index
            for flags in root.glob("checkpoints/*/flags.cfg")
            if flag in flags.read_text()
            for index in flags.parent.glob("checkpoints/ckpt-*.index")
        }
    if node == "push":
        return set(root.glob("serving/.push.tmp-*"))
    task = node_directory(root, node, must_exist=False).name
    return set(root.glob(f"smoothing-*/{task}/{_SIGNS[node]}"))


def _unfinished(root: pathlib.Path) -> list[pathlib.Path]:
    """Finds files that no complete run leaves."""
    return [
        path
        for path in root.rglob("*")
        if any(sign in path.name for sign in (".tmp", "tmp.", ".kfp_cache_", "_temp"))
    ]
