"""Console output and node logs of a local run, made from kfp's output."""

import io
import logging
import os
import pathlib
import re
import time
from typing import TextIO

from smoothing_tf import artifacts

_COLOR = re.compile(r"\x1b\[\d+m")
_STARTED = re.compile(r"Executing task '(.+)'$")
_FINISHED = re.compile(r"Task '(.+)' finished with status (SUCCESS|FAILURE)$")
_CACHED = re.compile(r"Task (\S+) cache hit ")
_SKIPPED = re.compile(r"Skipping (?:conditional )?task (\S+?):? ")
_PROGRESS_BAR = re.compile(r"\d+%\|")
# Messages of TensorFlow from before its log level is set.
_START_UP = re.compile(r"[IWE]\d{4} \d\d:\d\d:|WARNING: All log messages before absl")
_NUM_LAST_LINES = 12
_ERROR = re.compile(r"^[\w.]*(Error|Exception|Interrupt|Exit)\b")


class RunLog(io.TextIOBase, logging.Filter):
    """Follows a run of the pipeline: one line per node, its output indented.

    During the run it replaces the standard output, where kfp prints the output of
    nodes, and filters the root logger, where kfp logs their start and end. kfp's own
    lines are dropped. The complete output of a node goes to `<directory>/<node>.log`.

    Args:
      names: kfp's name of a task -> the node's name.
      stream: stream to print to.
      directory: directory of the nodes' logs.

    Attributes:
      outcomes: node -> "ran", "cached", "skipped" or "failed", in order.
      seconds: node -> wall-clock time of a node that ran.
      error: (node, message) of the first node that failed, or None.
      last_lines: the last lines of its output, without progress bars.
    """

    def __init__(
        self, names: dict[str, str], stream: TextIO, directory: artifacts.Path
    ):
        io.TextIOBase.__init__(self)
        logging.Filter.__init__(self)
        self.outcomes: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.error: tuple[str, str] | None = None
        self.last_lines: list[str] = []
        self._names = names
        self._stream = stream
        self._directory = artifacts.make_directory(directory)
        self._node: str | None = None
        self._log: TextIO | None = None
        self._started = 0.0
        self._partial = ""
        self._lines: list[str] = []
        self._in_executor_input = False
        self._in_traceback = False
        self._bar_width = 0

    def log_file(self, node: str) -> pathlib.Path:
        """Path of the complete output of `node`."""
        return self._directory / f"{node}.log"

    def filter(self, record: logging.LogRecord) -> bool:
        """Consumes kfp's messages; only warnings pass."""
        message = _COLOR.sub("", record.getMessage())
        for pattern, act in (
            (_STARTED, self._start),
            (_FINISHED, self._finish),
            (_CACHED, self._cache),
            (_SKIPPED, self._skip),
        ):
            match = pattern.match(message)
            if match:
                act(
                    self._names.get(match.group(1), match.group(1)), *match.groups()[1:]
                )
                return False
        return record.levelno >= logging.WARNING

    def write(self, text: str) -> int:
        """Consumes what kfp prints: a node's output, indented by four spaces."""
        *lines, self._partial = (self._partial + text).split("\n")
        for line in lines:
            if self._node is not None:
                self._write_line(line.removeprefix("    ").rstrip())
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def close(self) -> None:
        """Closes the log of a node that was interrupted."""
        self._close_log()
        super().close()

    def isatty(self) -> bool:
        return False

    def _start(self, node: str) -> None:
        self._node, self._started, self._lines = node, time.monotonic(), []
        self._in_executor_input = self._in_traceback = False
        self._log = self.log_file(node).open("w")
        self._print(f"{node} ...")

    def _finish(self, node: str, status: str) -> None:
        self._close_log()
        self.seconds[node] = time.monotonic() - self._started
        self._node = None
        if status == "SUCCESS":
            self.outcomes[node] = "ran"
            self._print(f"{node}: done in {self.seconds[node]:.1f} s")
            return
        self.outcomes[node] = "failed"
        message = _last_error(self._lines)
        if self.error is None:
            self.error = node, message
            shown = [x for x in self._lines if x and not _PROGRESS_BAR.search(x)]
            self.last_lines = shown[-_NUM_LAST_LINES:]
        self._print(f"{node}: failed: {message}")

    def _close_log(self) -> None:
        if self._log is not None:
            self._end_bar()
            self._log.close()

    def _cache(self, node: str) -> None:
        self.outcomes[node] = "cached"
        self._print(f"{node}: nothing changed, kept")

    def _skip(self, node: str) -> None:
        self.outcomes[node] = "skipped"

    def _write_line(self, line: str) -> None:
        if self._log is None or self._is_kfp(line):
            return
        self._lines.append(line)
        self._log.write(line + "\n")
        # The console shows only the last line of a traceback, the log all of it.
        self._in_traceback |= line.startswith("Traceback (most recent call last)")
        if self._in_traceback or _START_UP.match(line):
            return
        if _PROGRESS_BAR.search(line):
            # Progress bars overwrite themselves on a terminal and are noise elsewhere.
            if self._stream.isatty():
                width = os.get_terminal_size(self._stream.fileno()).columns - 1
                self._bar_width = width
                self._stream.write("\r" + f"    {line}"[:width].ljust(width))
                self._stream.flush()
        elif line:
            self._print(f"    {line}")

    def _is_kfp(self, line: str) -> bool:
        if line.startswith("[KFP Executor"):
            self._in_executor_input = line.endswith("Got executor_input:")
            return True
        if self._in_executor_input:
            # The input is one indented JSON object.
            self._in_executor_input = line != "}"
            return True
        return False

    def _print(self, line: str) -> None:
        self._end_bar()
        # Not `print`: kfp replaces it, for every caller, while a node runs.
        self._stream.write(f"{line}\n")
        self._stream.flush()

    def _end_bar(self) -> None:
        if self._bar_width:
            self._stream.write("\r" + " " * self._bar_width + "\r")
            self._bar_width = 0


def _last_error(lines: list[str]) -> str:
    """Finds the message of the exception at the end of a node's output."""
    lines = [line for line in lines if line]
    for line in reversed(lines):
        if _ERROR.match(line):
            return line
    return lines[-1] if lines else "it ended without a message"
