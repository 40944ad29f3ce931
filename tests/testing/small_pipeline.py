"""A small pipeline with all that ours has: see `small`."""

import contextlib
import io
import pathlib
import sys

from kfp import dsl

from pipeline.forecast import forecast
from pipeline.graph import node_names, nodes_of
from pipeline.kfp_run import run_pipeline
from pipeline.records.recording_cache import RecordingCache
from pipeline.run_log import RunLog
from tests.testing.inner_nodes import nodes_in_this_process

FLAGS = ["--num_steps=4", "--seed=0"]


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def check(word: str) -> str:
    """Checks a parameter, as a node that is never cached."""
    if word == "wrong":
        raise ValueError("`word` must not be wrong.")
    return word


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def make(
    word: str,
    flags: list,
    code_digest: str,
    data_digest: str,
    data: dsl.Output[dsl.Dataset],
) -> str:
    """Makes a file."""
    import pathlib

    print("A line of the node.")
    if word == "fail":
        raise ValueError("`word` must not be fail.")
    pathlib.Path(data.path).write_text(word)
    return word


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def join(
    left: dsl.Input[dsl.Dataset],
    right: dsl.Input[dsl.Dataset],
    both: dsl.Output[dsl.Dataset],
):
    """Makes a directory of two files."""
    import pathlib

    directory = pathlib.Path(both.path)
    directory.mkdir()
    for name, part in (("left", left), ("right", right)):
        (directory / name).write_text(pathlib.Path(part.path).read_text())


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def publish(both: dsl.Input[dsl.Dataset], place: str, copy: dsl.Output[dsl.Dataset]):
    """Copies a directory to a place of its own."""
    import shutil

    copy.uri = shutil.copytree(both.path, place, dirs_exist_ok=True)


def make_small():
    """Makes the pipeline: check -> one, two -> both -> (if one is "yes") published.

    check is never cached. Settings of resources are there, which kfp.local ignores.
    """

    @dsl.pipeline(name="smoothing")
    def small(
        first: str,
        second: str,
        place: str,
        flags: list = [],  # noqa: B006
        code: str = "",
        data: str = "",
    ):
        checked = check(word=first)
        checked.set_caching_options(False)
        one = make(word=checked.output, flags=flags, code_digest=code, data_digest=data)
        one.set_display_name("one").set_cpu_limit("1").set_memory_limit("1Gi")
        two = make(word=second, flags=[], code_digest="", data_digest="")
        two.set_display_name("two")
        both = join(left=one.outputs["data"], right=two.outputs["data"])
        both.set_display_name("both")
        with dsl.If(one.outputs["Output"] == "yes"):
            task = publish(both=both.outputs["both"], place=place)
            task.set_display_name("published")

    return small


class SmallRunner:
    """Runs the pipeline in a root, as the local runner does, nodes in this process."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.root.mkdir(exist_ok=True)
        self._pipeline = make_small()

    def arguments(self, **changes):
        """The arguments of a run."""
        return {
            "first": "yes",
            "second": "no",
            "flags": FLAGS,
            "place": str(self.root / "serving" / "1"),
            **changes,
        }

    def run(self, **changes) -> RunLog:
        """Runs; returns the log, with what was printed as `text`."""
        scratch = self.root / "scratch"
        scratch.mkdir(exist_ok=True)
        stream = io.StringIO()
        log = RunLog(node_names(self._pipeline), stream, self.root / "logs")
        cache = RecordingCache(self.root, nodes_of(self._pipeline))
        with nodes_in_this_process():
            run_pipeline(
                self._pipeline,
                self.arguments(**changes),
                root=self.root,
                scratch=scratch,
                log=log,
                cache=cache,
            )
        log.text = stream.getvalue()
        return log

    def forecast(self, **changes) -> dict[str, tuple]:
        """Node -> (state, reasons), without running it."""
        with nodes_in_this_process(), contextlib.redirect_stdout(sys.stderr):
            found = forecast(self._pipeline, self.arguments(**changes), self.root)
        return {each.node.name: (each.state, *each.reasons) for each in found}
