"""Finds examples of the same content, within and between splits."""

import dataclasses
import hashlib
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np

# Examples that are compared at once; about 10 MB.
_AT_ONCE = 1 << 18
# An example: its digest in two halves, index in its split, label or -1.
DIGEST_DTYPE = np.dtype(
    [("high", "<u8"), ("low", "<u8"), ("index", "<i8"), ("label", "<i8")]
)


@dataclasses.dataclass(frozen=True, order=True)
class Occurrence:
    """One example among others of the same content.

    Attributes:
      split: position of its split.
      index: index in the split.
      label: its label, or -1.
    """

    split: int
    index: int
    label: int


def content_digest(x: np.ndarray) -> bytes:
    """Computes a digest of an example's values, 16 bytes.

    Equal values have equal digests, 0.0 and -0.0 too; different ones have the same
    digest with a probability of 2^-128.
    """
    if x.dtype.kind == "f":
        x = x + 0.0
    return hashlib.blake2b(x.tobytes(), digest_size=16).digest()


def write_digests(
    path: pathlib.Path,
    digests: bytes | bytearray,
    indices: Sequence[int],
    labels: Sequence[int],
) -> None:
    """Writes the digests of a shard in the order of their values.

    Args:
      path: file to write.
      digests: values of `content_digest`, one after the other.
      indices: indices of the examples in their split.
      labels: their labels; -1 for none.
    """
    table = np.empty(len(indices), DIGEST_DTYPE)
    halves = np.frombuffer(digests, "<u8").reshape(-1, 2)
    table["high"], table["low"] = halves[:, 0], halves[:, 1]
    table["index"] = indices
    table["label"] = labels
    order = np.lexsort((table["index"], table["low"], table["high"]))
    table[order].tofile(path)


def find_duplicates(
    files: Sequence[Sequence[pathlib.Path]], at_once: int = _AT_ONCE
) -> Iterator[list[Occurrence]]:
    """Finds all groups of examples of the same content.

    The memory depends on the size of the largest group and not on the number of
    examples: the range of the digests is divided, and one part after the other is read
    from all files.

    Args:
      files: of every split, files of `write_digests`.
      at_once: about how many examples to hold in memory.

    Yields:
      Two or more examples of the same content, in the order of split and index.
    """
    tables = [
        (split, np.memmap(path, DIGEST_DTYPE, "r"))
        for split, paths in enumerate(files)
        for path in paths
        if path.stat().st_size  # An empty file cannot be mapped.
    ]
    total = sum(len(table) for _, table in tables)
    num_parts = max(1, -(-total // at_once))
    bounds = [part * 2**64 // num_parts for part in range(1, num_parts)]
    cuts = [
        [0, *np.searchsorted(table["high"], np.array(bounds, np.uint64)), len(table)]
        for _, table in tables
    ]
    for part in range(num_parts):
        chunks = [
            (split, np.array(table[cut[part] : cut[part + 1]]))
            for (split, table), cut in zip(tables, cuts)
        ]
        yield from _groups(chunks)


def _groups(chunks: list[tuple[int, np.ndarray]]) -> Iterator[list[Occurrence]]:
    if not chunks:
        return
    table = np.concatenate([chunk for _, chunk in chunks])
    splits = np.repeat([s for s, _ in chunks], [len(chunk) for _, chunk in chunks])
    order = np.lexsort((table["index"], splits, table["low"], table["high"]))
    table, splits = table[order], splits[order]
    same = (table["high"][1:] == table["high"][:-1]) & (
        table["low"][1:] == table["low"][:-1]
    )
    # A group begins where the one before differs.
    starts = np.flatnonzero(np.concatenate([[True], ~same]))[: len(table)]
    stops = np.concatenate([starts[1:], [len(table)]])
    for start, stop in zip(starts, stops):
        if stop - start > 1:
            columns = splits, table["index"], table["label"]
            yield [
                Occurrence(*map(int, example))
                for example in zip(*(column[start:stop] for column in columns))
            ]
