"""Opens a page on which an exported model can be tried, in a browser on this machine.

  python -m smoothing_tf.demo --model=DIR

DIR is what `export` wrote: a version's directory, or that of the model, whose newest
version is then taken. The page draws samples, inpaints (of an export with
--inpainting), adds and removes noise, and computes likelihoods. It needs the extra
demo: pip install 'smoothing_tf[demo]'.
"""

import dataclasses
import errno
import importlib.util
import pathlib
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Sequence

from smoothing_tf import artifacts, command_line, quiet
from smoothing_tf.config import parse_options
from smoothing_tf.serving.layout import METADATA_FILE, versions
from smoothing_tf.settings import setting, validate

# Only this machine reaches the page.
_HOST = "127.0.0.1"


@dataclasses.dataclass(frozen=True)
class DemoOptions:
    """Options of this command."""

    model: str = setting(
        None,
        "Directory of an exported version, or of a model with versions in it.",
        is_path=True,
    )
    port: int = setting(
        7860, "Port of the page on this machine.", minimum=1, maximum=65535
    )

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    (options,) = parse_options(argv, DemoOptions, usage=__doc__)
    directory = find_version(options.model)
    if importlib.util.find_spec("gradio") is None:
        raise ValueError(
            "The demo needs gradio, which is not installed. Install it with"
            " pip install 'smoothing_tf[demo]', in a checkout pip install '.[demo]'."
        )
    _check_port(options.port)
    quiet.import_tensorflow()
    from smoothing_tf import devices
    from smoothing_tf.serving.demo.exported_model import ExportedModel
    from smoothing_tf.serving.demo.page import check_showable, launch

    devices.announce()
    model = ExportedModel(directory)
    check_showable(model)
    # The page keeps uploads and pictures in files, which SIGTERM must not leave behind.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(
        prefix="smoothing_tf_demo_", ignore_cleanup_errors=True
    ) as files:
        address = launch(model, _HOST, options.port, files)
        print(f"Open {address} in a browser on this machine; Ctrl-C stops.", flush=True)
        threading.Event().wait()


def find_version(model: artifacts.Path) -> pathlib.Path:
    """Finds an exported version.

    Args:
      model: directory of a version, or of a model with versions in it, of which the
        newest is taken.

    Raises:
      FileNotFoundError: there is no export.
    """
    directory = pathlib.Path(model)
    for candidate in (directory, *versions(directory)[-1:]):
        if (candidate / METADATA_FILE).is_file():
            return candidate
    raise FileNotFoundError(
        f"`--model` must be the output of an export; {model} has no {METADATA_FILE}."
        " Export a run with `python -m smoothing_tf.export`."
    )


def _check_port(port: int) -> None:
    """Requires that nobody listens on a port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_HOST, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise ValueError(
                f"`--port` must be a port that is free; got {port}:"
                f" {error.strerror}. Give another one."
            ) from error


if __name__ == "__main__":
    command_line.run(main, kept="The page is closed.")
