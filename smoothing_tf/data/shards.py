"""Shards: consecutive pieces of a split.

A shard is small and can be pickled, so that a worker on another machine can read its
piece. Every kind yields serialized `tf.train.Example`s in stored order.
"""

import dataclasses
import itertools
import os
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from smoothing_tf.data.array_shard import ArrayShard
from smoothing_tf.data.fingerprints import Fingerprint, digest_of, state_of
from smoothing_tf.data.picture_format import PATH_FEATURE
from smoothing_tf.data.picture_listing import printable
from smoothing_tf.data.record_format import encode_record


@dataclasses.dataclass(frozen=True)
class MemoryShard:
    """Records held in memory."""

    serialized: tuple[bytes, ...]

    @property
    def num_examples(self) -> int:
        return len(self.serialized)

    def place_of(self, index: int) -> str:
        """Says where record `index` of the shard is stored, for messages."""
        return f"in memory at {index}"

    def fingerprint(self, root: str) -> Fingerprint | None:
        """Identifies records on disk by their files; None in memory.

        Args:
          root: directory of the data set, which may be moved.
        """
        del root
        return None

    def read(self) -> Iterator[bytes]:
        yield from self.serialized


@dataclasses.dataclass(frozen=True)
class FileShard:
    """Image files, one per record, with their labels or None.

    A record holds the path of its file, not the content, which may be large;
    `PictureFormat` reads the file.
    """

    files: tuple[tuple[str, int | None], ...]

    @property
    def num_examples(self) -> int:
        return len(self.files)

    def place_of(self, index: int) -> str:
        """Names the file of record `index` of the shard."""
        return printable(self.files[index][0])

    def fingerprint(self, root: str) -> Fingerprint | None:
        """Names the files with their sizes, times and labels."""
        lines = (f"{state_of(path, root)} {label}" for path, label in self.files)
        return Fingerprint("\n".join(lines))

    def read(self) -> Iterator[bytes]:
        for path, label in self.files:
            yield encode_record(PATH_FEATURE, os.fsencode(path), label)


@dataclasses.dataclass(frozen=True)
class TFRecordShard:
    """One TFRecord file of a TFDS directory.

    `read` raises ValueError if the file is missing or damaged, or if its length differs
    from that in the directory's metadata.
    """

    path: str
    num_examples: int

    def place_of(self, index: int) -> str:
        """Names the file and the number of the record in it."""
        return f"{self.path}, record {index}"

    def fingerprint(self, root: str) -> Fingerprint | None:
        """Names the file with its size and time."""
        return Fingerprint(f"{state_of(self.path, root)} {self.num_examples}")

    def read(self) -> Iterator[bytes]:
        # Reading a pipe could block forever.
        if os.path.exists(self.path) and not os.path.isfile(self.path):
            raise ValueError(
                f"{self.path} is not a regular file; write the data set again."
            )
        count = 0
        records = tf.data.TFRecordDataset(self.path).as_numpy_iterator()
        try:
            for serialized in records:
                if count == self.num_examples:
                    raise ValueError(
                        f"The file {self.path} holds more records than the"
                        f" {self.num_examples} that its metadata says; write the data"
                        " set again."
                    )
                yield serialized
                count += 1
        except (tf.errors.DataLossError, tf.errors.NotFoundError) as error:
            raise ValueError(
                f"The file {self.path} is missing or damaged after {count} records;"
                " write the data set again."
            ) from error
        except tf.errors.OpError as error:
            raise ValueError(
                f"The file {self.path} cannot be read after {count} records; make it"
                " readable (chmod), or write the data set again."
            ) from error
        if count != self.num_examples:
            raise ValueError(
                f"The file {self.path} holds {count} records, its metadata says"
                f" {self.num_examples}; write the data set again."
            )


@dataclasses.dataclass(frozen=True)
class PartOfShard:
    """The records `start` to `stop` of another shard."""

    shard: "Shard"
    start: int
    stop: int

    @property
    def num_examples(self) -> int:
        return self.stop - self.start

    def place_of(self, index: int) -> str:
        """Says where the other shard stores the record."""
        return self.shard.place_of(self.start + index)

    def fingerprint(self, root: str) -> Fingerprint | None:
        """Adds the range to the fingerprint of the other shard."""
        whole = self.shard.fingerprint(root)
        return whole and whole.part(f"from {self.start} to {self.stop}")

    def read(self) -> Iterator[bytes]:
        yield from itertools.islice(self.shard.read(), self.start, self.stop)


@dataclasses.dataclass(frozen=True, eq=False)
class ShardRows:
    """Some records of another shard.

    Attributes:
      shard: the other shard.
      rows: int64 [n], increasing numbers of its records.
    """

    shard: "Shard"
    rows: np.ndarray

    @property
    def num_examples(self) -> int:
        return len(self.rows)

    def place_of(self, index: int) -> str:
        """Says where the other shard stores the record."""
        return self.shard.place_of(int(self.rows[index]))

    def fingerprint(self, root: str) -> Fingerprint | None:
        """Adds the rows to the fingerprint of the other shard."""
        whole = self.shard.fingerprint(root)
        return whole and whole.part(digest_of(self.rows))

    def read(self) -> Iterator[bytes]:
        chosen = np.zeros(self.shard.num_examples, bool)
        chosen[self.rows] = True
        # Not `compress` of a list: the file is read to its end, and checked.
        for is_chosen, serialized in zip(chosen, self.shard.read(), strict=True):
            if is_chosen:
                yield serialized

    @classmethod
    def select(
        cls, shards: Sequence["Shard"], rows: np.ndarray
    ) -> tuple["ShardRows", ...]:
        """Selects records of consecutive shards.

        Args:
          shards: the pieces of a split.
          rows: increasing numbers of records within the split.
        """
        parts, offset = [], 0
        for shard in shards:
            size = shard.num_examples
            own = rows[(rows >= offset) & (rows < offset + size)] - offset
            if len(own):
                parts.append(cls(shard, own))
            offset += size
        return tuple(parts)


def num_examples_of(shards: Sequence["Shard"]) -> int:
    """Counts the records of a split."""
    return sum(shard.num_examples for shard in shards)


Shard = MemoryShard | ArrayShard | FileShard | TFRecordShard | PartOfShard | ShardRows
