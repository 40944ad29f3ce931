"""Checks that the workers of a Beam pipeline share the directories of their node.

Workers read the node's inputs and write their files to its output directory. A worker
with a disk of its own would otherwise fail in some other place, or take the pictures
that it does not see for unreadable ones.
"""

import contextlib
import dataclasses
import os
import pathlib
import secrets
import socket
from collections.abc import Iterator, Sequence

from smoothing_tf import artifacts


@dataclasses.dataclass(frozen=True)
class SharedDirectories:
    """Directories that every worker must see; can be pickled.

    Attributes:
      output: directory that workers write to.
      token: name of a file in it that only this node has written.
      inputs: files or directories that workers read.
    """

    output: str
    token: str
    inputs: tuple[str, ...]

    def check(self) -> None:
        """Checks, on a worker, that it shares the directories.

        Raises:
          RuntimeError: it does not; the message says which one and what to do.
        """
        output = pathlib.Path(self.output)
        if not (output / self.token).is_file():
            raise _refusal("see", f"{output}, where the node writes")
        if not os.access(output, os.W_OK):
            raise _refusal("write to", f"{output}, as the node does")
        for path in self.inputs:
            if not os.path.exists(path):
                raise _refusal("see", f"{path}, which the node reads")


@contextlib.contextmanager
def shared_directories(
    output: artifacts.Path, inputs: Sequence[artifacts.Path] = ()
) -> Iterator[SharedDirectories]:
    """Marks a directory, while a pipeline runs, so that workers can recognize it.

    Args:
      output: directory that workers write to.
      inputs: files or directories that workers read. Those that do not exist here are
        left out: what reads them says so.
    """
    token = pathlib.Path(output) / f".shared-{secrets.token_hex(8)}"
    token.touch()
    seen = [os.path.abspath(path) for path in inputs if os.path.exists(path)]
    try:
        yield SharedDirectories(os.path.abspath(output), token.name, tuple(seen))
    finally:
        token.unlink(missing_ok=True)


def _refusal(verb: str, what: str) -> RuntimeError:
    return RuntimeError(
        f"The Beam worker on {socket.gethostname()} cannot {verb} {what}: workers must"
        " share a file system with the node. Mount it there at the same path, or use"
        " --beam_runner=DirectRunner."
    )
