"""A split that is stored as an array."""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf
import tqdm

from smoothing_tf.data.array_file import ArrayInFile, StoredArray
from smoothing_tf.data.fingerprints import Fingerprint, digest_of, state_of
from smoothing_tf.data.record_format import RecordFormat, encode_record

# Bytes that are converted or checked at a time.
_CHUNK_BYTES = 1 << 25
_FEW_ROWS = 256


@dataclasses.dataclass(frozen=True, eq=False)
class ArrayShard:
    """Rows of an array in memory or in a file, with their labels.

    Attributes:
      array: the stored array, [m, ...]; axes of size 1 may be missing.
      format: the format of the examples.
      place: description of the array, for messages.
      rows: int64 [n], the rows of the array that belong to the shard, in order; None
        for all.
      labels: int64 [n], the classes of these rows; None without labels.
      lookup: uint8 [256], stored value -> level; None where levels are stored as such.
    """

    array: StoredArray
    format: RecordFormat
    place: str
    rows: np.ndarray | None = None
    labels: np.ndarray | None = None
    lookup: np.ndarray | None = None

    @property
    def num_examples(self) -> int:
        return len(self.array if self.rows is None else self.rows)

    def place_of(self, index: int) -> str:
        """Says where example `index` of the shard is stored, for messages."""
        row = index if self.rows is None else int(self.rows[index])
        return f"{self.place}, row {row}"

    def stored(self) -> np.ndarray | None:
        """The examples as they are stored, without a copy.

        Returns:
          Read-only [n, ...event_shape] in the dtype of the format, in memory or mapped
          into it; None if examples must be selected or converted, which `chunks` does.
        """
        array = self._open()
        is_stored = array.dtype == np.dtype(self.format.dtype)
        if self.rows is not None or self.lookup is not None or not is_stored:
            return None
        examples = array.view().reshape(len(array), *self.format.event_shape)
        if not np.may_share_memory(examples, array):  # Its axes are in another order.
            return None
        examples.flags.writeable = False
        return examples

    def chunks(self, size: int | None = None) -> Iterator[np.ndarray]:
        """Converts the examples piece by piece, in order.

        Args:
          size: number of examples of all pieces but the last; None for about 32 MB.

        Yields:
          [size, ...event_shape] in the dtype of the format.
        """
        array, event_shape = self._open(), self.format.event_shape
        dtype = np.dtype(self.format.dtype)
        if size is None:
            num_values = int(np.prod(event_shape, dtype=np.int64))
            size = max(1, _CHUNK_BYTES // (num_values * dtype.itemsize))
        for start in range(0, self.num_examples, size):
            stop = min(start + size, self.num_examples)
            if self.rows is None:
                part = array[start:stop]
            else:
                part = array[self.rows[start:stop]]
            if self.lookup is not None:
                part = self.lookup[part]
            # Values beyond float32 become infinite, which is reported.
            with np.errstate(over="ignore"):
                part = np.asarray(part).astype(dtype, copy=False)
            yield part.reshape(len(part), *event_shape)

    def fingerprint(self, root: str) -> Fingerprint | None:
        """Names the file and what is taken from it; None for an array in memory."""
        if not isinstance(self.array, ArrayInFile):
            return None
        place = dataclasses.replace(self.array, path="")
        parts = (self.rows, self.labels, self.lookup)
        digests = " ".join(digest_of(part) for part in parts)
        return Fingerprint(state_of(self.array.path, root), f"{place} {digests}")

    def check(self, label: str = "") -> list[tuple[int, str]]:
        """Finds the examples that are not what the format declares.

        Args:
          label: label of the progress bar, which appears after two seconds.

        Returns:
          (index, reason) of each, in order.
        """
        if not self._limits_values:  # Every value of the dtype is allowed.
            return sorted(self._unsound_labels().items())
        unsound = self._unsound_labels()
        for start, chunk in self._numbered_chunks(label):
            self._add_unsound_values(unsound, start, chunk)
        return sorted(unsound.items())

    def decode(
        self, append: Callable[[np.ndarray, int | None], None], label: str = ""
    ) -> list[tuple[int, str]]:
        """Converts and checks the examples one by one, in order.

        Args:
          append: is called with each example and its label.
          label: label of the progress bar, which appears after two seconds.

        Returns:
          As `check`.
        """
        unsound = self._unsound_labels()
        for start, chunk in self._numbered_chunks(label):
            self._add_unsound_values(unsound, start, chunk)
            for i, x in enumerate(chunk, start):
                append(x, None if self.labels is None else int(self.labels[i]))
        return sorted(unsound.items())

    def _numbered_chunks(self, label: str) -> Iterator[tuple[int, np.ndarray]]:
        """Yields (index of the first example, examples) of every chunk."""
        start = 0
        progress = tqdm.tqdm(desc=label, total=self.num_examples, delay=2, disable=None)
        with progress:
            for chunk in self.chunks():
                yield start, chunk
                start += len(chunk)
                progress.update(len(chunk))

    @property
    def _limits_values(self) -> bool:
        """Whether not every value of the dtype is allowed."""
        num_levels = self.format.num_levels
        dtype = np.dtype(self.format.dtype)
        return num_levels is None or num_levels <= np.iinfo(dtype).max

    def _add_unsound_values(
        self, unsound: dict[int, str], start: int, chunk: np.ndarray
    ) -> None:
        """Adds index -> reason; an example that is there keeps its reason."""
        values = chunk.reshape(len(chunk), -1)
        num_levels = self.format.num_levels
        if num_levels is None:
            for i in np.flatnonzero(~np.isfinite(values).all(axis=1)):
                reason = "has values that are NaN or infinite"
                unsound.setdefault(start + int(i), reason)
        elif self._limits_values:
            highest = values.max(axis=1)
            for i in np.flatnonzero(highest >= num_levels):
                reason = (
                    f"has the value {highest[i]}, above the last level {num_levels - 1}"
                )
                unsound.setdefault(start + int(i), reason)

    def _unsound_labels(self) -> dict[int, str]:
        num_classes = self.format.num_classes
        if self.labels is None or num_classes is None:
            return {}
        outside = (self.labels < 0) | (self.labels >= num_classes)
        return {
            int(i): f"has the label {self.labels[i]} instead of one of 0 to"
            f" {num_classes - 1}"
            for i in np.flatnonzero(outside)
        }

    def read(self) -> Iterator[bytes]:
        """Yields every example as a serialized `tf.train.Example`."""
        index = 0
        for chunk in self.chunks(_FEW_ROWS):
            for x in chunk:
                is_image = self.format.num_levels is not None
                value = tf.io.encode_png(x).numpy() if is_image else x
                label = None if self.labels is None else int(self.labels[index])
                yield encode_record(self.format.feature, value, label)
                index += 1

    def _open(self) -> np.ndarray:
        if isinstance(self.array, ArrayInFile):
            return self.array.open()
        return self.array
