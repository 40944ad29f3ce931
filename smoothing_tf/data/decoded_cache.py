"""Keeps the decoded records of a large split on disk, mapped into memory.

A split is decoded once. Its files lie next to the data, in DATA.decoded, or in
`--cache_dir`. Their name says which records they were decoded from and how, so that
those of changed data, another conversion or another decoder are not used. Several
selections from the same files, such as two values of --split_fractions, are kept side
by side; when the files change, all of them are removed.
"""

import contextlib
import dataclasses
import glob
import hashlib
import math
import os
import pathlib
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import NamedTuple

import numpy as np

from smoothing_tf.artifacts import make_directory
from smoothing_tf.code_digest import source_files
from smoothing_tf.data.decoded_files import (
    DecodedSplit,
    Layout,
    read_split,
    writing_split,
)
from smoothing_tf.data.source import Source
from smoothing_tf.locks import is_locked, locked
from smoothing_tf.os_errors import message_of_os_error
from smoothing_tf.texts import size_text

# Smaller splits stay in memory, unless a directory is named for their files.
_MAX_BYTES_IN_MEMORY = 1 << 28
# Packages that decode pictures.
_DECODERS = ("tensorflow", "pillow", "numpy")
_DIGEST_LENGTH = 12

# Decodes a split: calls its argument with every example and its label, in order.
Decode = Callable[[Callable[[np.ndarray, int | None], None]], None]


@dataclasses.dataclass(frozen=True)
class DecodedCache:
    """The decoded splits of a data set on disk.

    Attributes:
      source: the data set.
      cache_dir: directory for the files of this and other data sets; None for a
        directory next to the data, or else one in the user's cache.
    """

    source: Source
    cache_dir: str | None = None

    def load(
        self,
        split: str,
        decode: Decode,
        remark_on: Callable[[np.ndarray], str | None],
    ) -> DecodedSplit | None:
        """Opens the files of a split, which it decodes first if there are none.

        Args:
          split: the split.
          decode: decodes the split.
          remark_on: makes a remark about the decoded examples, or None.

        Returns:
          The split, or None if it is to be kept in memory: it is small, it is not
          stored on disk, or no place can be written to.

        Raises:
          OSError: `cache_dir` cannot be written to, or its disk is full; the message
            names the flag.
        """
        record_format = self.source.format
        num_examples = sum(s.num_examples for s in self.source.shards[split])
        shape = (num_examples, *record_format.event_shape)
        has_labels = record_format.label is not None
        layout = Layout(shape, np.dtype(record_format.dtype), has_labels)
        if self.cache_dir is None and layout.num_bytes <= _MAX_BYTES_IN_MEMORY:
            return None
        name = self._name(split)
        if name is None:
            return None
        places = self._places()
        for place in places:
            if (found := _open(place / str(name), layout)) is not None:
                return found
        problems = []
        for place in places:
            try:
                return _build(place, name, layout, decode, remark_on)
            except _UnusablePlace as error:
                if self.cache_dir is not None:
                    raise _unusable(self.cache_dir, error.cause) from error.cause
                problems.append(message_of_os_error(error.cause).rstrip("."))
        print(
            f"The split {split!r} of {self.source.name!r} is decoded into memory"
            f" ({size_text(layout.num_bytes)}), since no place on disk can be used:"
            f" {'; '.join(problems)}. Name a directory with --cache_dir.",
            file=sys.stderr,
        )
        return None

    def _name(self, split: str) -> "_Name | None":
        """Name of the split's files: what they were decoded by, and from what."""
        root = self.source.directory
        if root is None:
            return None
        states, selections = hashlib.sha256(), hashlib.sha256()
        for shard in self.source.shards[split]:
            fingerprint = shard.fingerprint(root)
            if fingerprint is None:
                return None
            states.update(fingerprint.state.encode(errors="surrogateescape"))
            selections.update(f"{fingerprint.selection}\0".encode())
        digests = (
            _decoder_digest(self.source.format),
            states.hexdigest(),
            selections.hexdigest(),
        )
        return _Name(split, *(digest[:_DIGEST_LENGTH] for digest in digests))

    def _places(self) -> list[pathlib.Path]:
        data = pathlib.Path(os.path.realpath(self.source.directory or ""))
        # Data sets of one name may lie in several places.
        tag = hashlib.sha256(os.fsencode(data)).hexdigest()[:8]
        own = f"{data.name}-{tag}"
        if self.cache_dir is not None:
            return [pathlib.Path(self.cache_dir) / own]
        user = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        return [
            data.with_name(f"{data.name}.decoded"),
            pathlib.Path(user) / "smoothing_tf" / own,
        ]


class _Name(NamedTuple):
    """Name of the files of a split: digests of all that they depend on."""

    split: str
    decoder: str
    state: str
    selection: str

    def __str__(self) -> str:
        return "-".join(self)

    def remove_outdated(self, place: pathlib.Path) -> None:
        """Removes files of records that have changed since they were decoded."""
        current = "-".join(self[:-1])
        for path in _find(place, f"{'-'.join(self[:-2])}-*"):
            if not os.path.basename(path).startswith(f"{current}-"):
                shutil.rmtree(path, ignore_errors=True)


class _UnusablePlace(Exception):
    """A directory that cannot be written to, or has too little space."""

    def __init__(self, cause: OSError):
        super().__init__(str(cause))
        self.cause = cause


def _unusable(cache_dir: str, cause: OSError) -> OSError:
    """Makes the error for a directory that the user has named."""
    reason = message_of_os_error(cause)
    return type(cause)(f"--cache_dir={cache_dir} cannot be used: {reason}")


@contextlib.contextmanager
def _preparing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _UnusablePlace(error) from error


def _build(
    place: pathlib.Path,
    name: _Name,
    layout: Layout,
    decode: Decode,
    remark_on: Callable[[np.ndarray], str | None],
) -> DecodedSplit:
    split, path = name.split, place / str(name)
    lock = f".{split}.lock"
    with contextlib.ExitStack() as stack:
        with _preparing():
            make_directory(place)
            if is_locked(place, lock):
                print(
                    f"Waiting for the process that decodes {split!r} into {place}.",
                    file=sys.stderr,
                )
            stack.enter_context(locked(place, name=lock, wait_seconds=math.inf))
        # Another process may have been faster.
        if (found := _open(path, layout)) is not None:
            return found
        for leftover in (*_find(place, f".{split}-*.tmp-????????"), str(path)):
            shutil.rmtree(leftover, ignore_errors=True)
        with contextlib.ExitStack() as files:
            with _preparing():
                writer = files.enter_context(writing_split(path, layout))
            decode(writer.append)
            writer.describe(remark_on(writer.flush()))
        name.remove_outdated(place)
        decoded = read_split(path, layout)
    if decoded is None:
        raise FileNotFoundError(f"{path} was removed while it was written.")
    print(
        f"The decoded split {split!r} is kept in {place}"
        f" ({size_text(layout.num_bytes)}), which can be removed at any time."
        " --cache_dir names another place.",
        file=sys.stderr,
    )
    return decoded


def _open(path: pathlib.Path, layout: Layout) -> DecodedSplit | None:
    try:
        return read_split(path, layout)
    except (ValueError, OSError) as error:
        print(f"Decoding again: {error}.", file=sys.stderr)
        return None


def _find(place: pathlib.Path, pattern: str) -> list[str]:
    return glob.glob(str(pathlib.Path(glob.escape(str(place))) / pattern))


def _decoder_digest(record_format) -> str:
    """Digest of the format of the records and of the code that decodes them."""
    digest = hashlib.sha256(repr(record_format).encode())
    for package in _DECODERS:
        digest.update(f"{package}=={metadata.version(package)}\0".encode())
    kind = type(record_format)
    digest.update(f"{kind.__module__}.{kind.__qualname__}\0".encode())
    with contextlib.suppress(ModuleNotFoundError):  # A format of the user's own.
        for path in source_files(kind.__module__):
            digest.update(path.read_bytes())
    return digest.hexdigest()
