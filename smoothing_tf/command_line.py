"""What all command lines share: help, one-line errors, exit status."""

import os
import pathlib
import sys
import traceback
from collections.abc import Callable, Sequence

from absl import flags

from smoothing_tf.config import HelpRequested
from smoothing_tf.help_text import help_text

_OUR_PACKAGES = ("smoothing_tf", "components", "pipeline", "benchmarks")
_ROOT = pathlib.Path(__file__).parent.parent


def run(
    main: Callable[[Sequence[str]], None],
    kept: str = "No file was left half-written.",
) -> None:
    """Runs a command on `sys.argv` and exits.

    An error that our own code raises on purpose, or the operating system, becomes
    one line on stderr; anything else is a defect and keeps its traceback.

    Args:
      main: takes the arguments without the program's name.
      kept: what to say of an interrupted run.
    """
    try:
        _main_or_help(main)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output, e.g. `head`, has seen enough. Python flushes once
        # more on its way out, to where it does no harm.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        print(f"Interrupted. {kept}", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if not is_deliberate(error):
            raise
        _fail(error)


def is_deliberate(error: Exception) -> bool:
    """Whether an error says what to do, and is no defect: see `run`."""
    if isinstance(error, flags.Error | OSError):
        return True
    kinds = ValueError | TypeError | ArithmeticError | RuntimeError
    return isinstance(error, kinds) and _is_raised_by_us(error)


def _main_or_help(main: Callable[[Sequence[str]], None]) -> None:
    try:
        main(sys.argv[1:])
    except HelpRequested as request:
        print(help_text(request.usage, request.groups, request.stage_classes))


def _fail(error: Exception) -> None:
    # absl begins the message about a missing flagfile with a word of its own.
    text = " ".join(str(error).split()).removeprefix("ERROR:: ")
    print(f"error: {text}", file=sys.stderr)
    sys.exit(1)


def _is_raised_by_us(error: Exception) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    source = pathlib.Path(frames[-1].filename)
    return any(source.is_relative_to(_ROOT / package) for package in _OUR_PACKAGES)
