"""The console script `smoothing-tf COMMAND`: `python -m smoothing_tf.COMMAND`, shorter.

Only a command that computes imports TensorFlow. `--help` of the script reads the source
of the commands and imports none of them.
"""

import ast
import difflib
import os
import pathlib
import re
import runpy
import sys
from importlib import metadata

from smoothing_tf import quiet

PROGRAM = "smoothing-tf"
COMMANDS = (
    *("train", "sample", "evaluate", "export", "demo"),
    *("compress", "decompress", "import_torch", "import_inception"),
)

_USAGE = f"""\
Autoregressive modeling with distribution smoothing.

  {PROGRAM} COMMAND [--flag=value ...]
  {PROGRAM} COMMAND --help
  {PROGRAM} --version

Commands:"""


def main() -> None:
    """Runs the command that the first argument names, and exits."""
    word, *arguments = sys.argv[1:] or ["--help"]
    if word in ("--help", "-h", "help"):
        _print(_help())
    elif word == "--version":
        _print(f"{PROGRAM} {metadata.version('smoothing_tf')}")
    elif word in COMMANDS:
        quiet.start(is_console_script=True)
        sys.argv[1:] = arguments
        # Like `python -m`, also for processes that the command spawns.
        runpy.run_module(f"smoothing_tf.{word}", run_name="__main__", alter_sys=True)
    else:
        print(f"error: {_unknown(word)}", file=sys.stderr)
        sys.exit(2)


def rewrite_usage(usage: str) -> str:
    """Writes the commands of a usage text the way this process was started.

    Args:
      usage: text that calls commands `python -m smoothing_tf.COMMAND`.

    Returns:
      The text, with `smoothing-tf COMMAND` instead in a process of the console script.
    """
    if not any(pathlib.Path(word).stem == PROGRAM for word in sys.orig_argv[:2]):
        return usage
    return re.sub(r"python -m smoothing_tf\.(\w+)", rf"{PROGRAM} \1", usage)


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # Whoever read the output, e.g. `head`, has seen enough. Python flushes once
        # more on its way out: to where it does no harm.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _help() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {command:<{width}}  {_summary(command)}" for command in COMMANDS]
    return "\n".join([_USAGE, *lines])


def _summary(command: str) -> str:
    """Reads the first line of a command's docstring without importing the command."""
    source = pathlib.Path(__file__).with_name(f"{command}.py").read_bytes()
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]


def _unknown(word: str) -> str:
    similar = difflib.get_close_matches(word, COMMANDS, n=1)
    advice = f"Did you mean {similar[0]}?" if similar else f"See {PROGRAM} --help."
    return f"{PROGRAM} has no command {word!r}. {advice}"
