"""The log of a run, from kfp's own runner with small components."""

import contextlib
import io
import logging
import os

import pytest
from kfp import dsl, local

from pipeline.graph import node_names
from pipeline.kfp_run import kfp_output_to
from pipeline.run_log import RunLog


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def write(text: str, data: dsl.Output[dsl.Dataset]) -> str:
    """Writes, prints a bar and a line, and fails if told to."""
    import pathlib
    import sys

    sys.stderr.write("\r  0%|     | 0/2\r100%|#####| 2/2\n")
    print("A line of the node.")
    if text == "fail":
        raise ValueError("`text` must not be fail.")
    pathlib.Path(data.path).write_text(text)
    return text


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def read(data: dsl.Input[dsl.Dataset]):
    """Reads."""
    import pathlib

    print(pathlib.Path(data.path).read_text())


@dsl.pipeline(name="small")
def small(first: str, second: str):
    """Two writers, and a reader that waits for one word of the first."""
    one = write(text=first)
    one.set_display_name("one")
    write(text=second).set_display_name("two")
    with dsl.If(one.outputs["Output"] == "yes"):
        read(data=one.outputs["data"]).set_display_name("reader")


@pytest.fixture
def run(tmp_path):
    def run(first, second):
        local.init(
            local.SubprocessRunner(use_venv=False),
            pipeline_root=str(tmp_path),
            enable_caching=True,
        )
        stream = io.StringIO()
        log = RunLog(node_names(small), stream, tmp_path / "logs")
        with kfp_output_to(log), contextlib.suppress(RuntimeError):
            small(first=first, second=second)
        return log, stream.getvalue()

    return run


def test_a_run_is_reported_node_by_node(run):
    log, text = run("yes", "no")
    assert log.outcomes == {"one": "ran", "two": "ran", "reader": "ran"}
    assert set(log.seconds) == {"one", "two", "reader"}
    assert "    A line of the node.\n" in text
    # No messages of kfp, and no progress bars outside a terminal.
    assert "KFP" not in text and "executor" not in text and "%|" not in text
    assert "100%|" in log.log_file("one").read_text()


def test_a_second_run_comes_from_the_cache(run):
    run("yes", "no")
    log, _ = run("yes", "no")
    assert set(log.outcomes.values()) == {"cached"}
    assert log.seconds == {}


def test_only_what_changed_runs_again(run):
    run("yes", "no")
    log, _ = run("yes", "other")
    assert log.outcomes == {"one": "cached", "two": "ran", "reader": "cached"}


def test_a_condition_that_does_not_hold_skips_its_node(run):
    log, _ = run("no", "no")
    assert log.outcomes == {"one": "ran", "two": "ran", "reader": "skipped"}


def test_a_failure_is_one_line_with_the_node_and_its_message(run):
    log, text = run("yes", "fail")
    assert log.error == ("two", "ValueError: `text` must not be fail.")
    assert "two: failed: ValueError: `text` must not be fail." in text
    assert "Traceback" not in text
    assert "Traceback" in log.log_file("two").read_text()
    assert log.outcomes["one"] == "ran"
    assert log.last_lines[-1] == "ValueError: `text` must not be fail."
    # The log has the bar, the last lines do not.
    assert not any("%|" in line for line in log.last_lines)


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self):
        return True

    def fileno(self):
        return 0


def test_a_bar_is_drawn_over_itself_and_wiped_off(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "pipeline.run_log.os.get_terminal_size", lambda _: os.terminal_size((21, 5))
    )
    terminal = Terminal()
    log = RunLog({"train": "train_smoothed"}, terminal, tmp_path)

    def tell(message):
        log.filter(logging.LogRecord("root", logging.INFO, "", 0, message, (), None))

    tell("Executing task 'train'")
    log.write("     50%|##| 1/2, a long one\n    100%|####| 2/2\n    validated\n")
    tell("Task 'train' finished with status SUCCESS")
    shown = terminal.getvalue()
    assert shown.startswith(
        "train_smoothed ...\n"
        + "\r     50%|##| 1/2, a "[:21]
        + "\r    100%|####| 2/2  "
        + f"\r{' ' * 20}\r    validated\n"
        + "train_smoothed: done in "
    )
