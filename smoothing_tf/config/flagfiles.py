"""Flagfiles: files with one flag per line.

The rules are those of absl: `--flagfile=FILE` is replaced by the flags of the file,
which may name further flagfiles, relative to the current directory. Lines that begin
with # or // are comments. They are read here and not by absl, so that an error names
the file and the line.
"""

import codecs
import os
import pathlib
from collections.abc import Sequence

from smoothing_tf import artifacts
from smoothing_tf.settings import control_character

_FLAG = ("--flagfile", "-flagfile")
_MAX_BYTES = 2**20
_COMMENTS = ("#", "//")
_SHOWN = 80  # Number of characters of a wrong line that an error shows.
# UTF-32 comes first: its mark begins with that of UTF-16.
_OTHER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
# A shell passes `--flagfile=<(command)` as a pipe, which has an end.
_SHELL_PIPES = ("/dev/fd/", "/proc/self/fd/", "/dev/stdin")


def expand_flagfiles(argv: Sequence[str]) -> list[str]:
    """Replaces each `--flagfile=FILE` by the flags of the file.

    Raises:
      OSError: a flagfile cannot be opened.
      ValueError: a flagfile is not a text of flags or names itself, or none is given.
    """
    return _expand(list(argv), ())


def read_flagfile(path: artifacts.Path) -> list[str]:
    """Reads the flags of a file, without comments and blank lines; unexpanded.

    Raises:
      OSError: the file cannot be read.
      ValueError: it is not a text of flags; the message names the line.
    """
    return read_flagfile_text(path)[0]


def read_flagfile_text(path: artifacts.Path) -> tuple[list[str], str]:
    """Reads the flags of a file, and its text; otherwise as `read_flagfile`."""
    text = _decode(path, _read(path)).replace("\r\n", "\n").replace("\r", "\n")
    return flags_of_text(text, str(path)), text


def flags_of_text(text: str, name: str) -> list[str]:
    """Finds the flags in the text of a flagfile; unexpanded.

    Args:
      text: the text; its lines end with a newline.
      name: name of the text for error messages, e.g. the path of its file.

    Raises:
      ValueError: a line is neither a flag nor a comment; the message names the line.
    """
    flags = []
    # splitlines() would also break lines at characters that no text file contains.
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if not line or line.startswith(_COMMENTS):
            continue
        place = f"{name}, line {number}"
        if character := control_character(line):
            raise ValueError(
                f"{place}: found the control character {character!r}, but a"
                " flagfile is text. Is it another file?"
            )
        if not line.startswith("-"):
            raise ValueError(
                f"{place}: must be a flag --name=value, or a comment that begins with"
                f" #; got {line[:_SHOWN]!r}."
            )
        flags.append(line)
    return flags


def _read(path: artifacts.Path) -> bytes:
    if str(path) == os.devnull:
        return b""
    if str(path).startswith(_SHELL_PIPES):
        return pathlib.Path(path).read_bytes()
    return artifacts.read_bytes(path, limit=_MAX_BYTES)


def _decode(path: artifacts.Path, content: bytes) -> str:
    content = content.removeprefix(codecs.BOM_UTF8)
    for mark, encoding in _OTHER_MARKS.items():
        if content.startswith(mark):
            raise ValueError(f"{path} is {encoding}; save it as UTF-8.")
    if b"\x00" in content:
        raise ValueError(f"{path} is not text: it holds NUL bytes. Is it another file?")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {number}: the byte 0x{content[error.start]:02x} is not"
            f" UTF-8 (byte {error.start} of the file); save the file as UTF-8."
        ) from error


def _expand(argv: list[str], open_files: tuple[str, ...]) -> list[str]:
    expanded: list[str] = []
    while argv:
        argument = argv.pop(0)
        flag, equals, name = argument.partition("=")
        if argument == "--":
            return [*expanded, argument, *argv]
        if flag not in _FLAG:
            expanded.append(argument)
            continue
        if not equals:
            if not argv:
                raise ValueError("`--flagfile` must name a file; got none.")
            name = argv.pop(0)
        path = os.path.expanduser(name.strip())
        real = os.path.realpath(path)
        if real in open_files:
            raise ValueError(f"The flagfile {path} includes itself; remove that line.")
        if not os.path.exists(path):
            raise FileNotFoundError(f"There is no flagfile {path!r}.")
        expanded += _expand(read_flagfile(path), (*open_files, real))
    return expanded
