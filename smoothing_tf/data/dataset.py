"""A data set as models see it: checked records, their levels and splits."""

import contextlib
import dataclasses
import itertools
import sys
from collections.abc import Callable

import numpy as np
import tensorflow as tf
import tqdm
from absl import logging

from smoothing_tf.data.array_shard import ArrayShard
from smoothing_tf.data.data_config import DataConfig
from smoothing_tf.data.dataset_names import DATASETS_IN_DATA_DIR, TFDS_PREFIX
from smoothing_tf.data.datasets import DATASETS
from smoothing_tf.data.decoded_cache import DecodedCache
from smoothing_tf.data.decoded_files import DecodedSplit
from smoothing_tf.data.default_directory import explaining_default_directory
from smoothing_tf.data.record_format import RecordError
from smoothing_tf.data.rejection import sufficient_fraction, unsound_message
from smoothing_tf.data.source import Source
from smoothing_tf.data.tfds_sets import source_from_tfds
from smoothing_tf.settings import choose
from smoothing_tf.standardization import Standardization

__all__ = ["DataConfig", "Dataset", "open_dataset"]


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Records, shape, levels and splits of a data set.

    A split is decoded and checked once, into integers. It is kept in memory (50,000
    color images of 32x32 take 154 MB), or in a file that is mapped into memory; see
    `DecodedCache`.

    Attributes:
      source: the stored data set.
      cache_dir: directory for decoded splits; None for the default.
    """

    source: Source
    cache_dir: str | None = None
    _splits: dict = dataclasses.field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one example, (height, width, channels) of an image."""
        return self.source.format.event_shape

    @property
    def num_levels(self) -> int | None:
        """Values are 0, ..., num_levels - 1; None for continuous data."""
        return self.source.format.num_levels

    @property
    def standardization(self) -> Standardization | None:
        """The scale of the columns of a table; None for data in their own units."""
        return self.source.standardization

    @property
    def num_classes(self) -> int | None:
        """Labels are 0, ..., num_classes - 1; None for data without labels."""
        return self.source.format.num_classes if self.source.format.label else None

    @property
    def num_examples(self) -> dict[str, int]:
        """Split -> number of examples."""
        return {
            split: sum(shard.num_examples for shard in shards)
            for split, shards in self.source.shards.items()
        }

    def array(self, split: str) -> np.ndarray:
        """The examples of a split, [n, ...event_shape] in stored order.

        Returns:
          Levels as uint8 or uint16, or continuous data as float32; read-only, in
          memory or mapped into it.

        Raises:
          ValueError: the split is missing or empty, or one of its records is not
            what the data set declares.
        """
        return self._load(split)[0]

    def labels(self, split: str) -> np.ndarray | None:
        """The classes of a split, int64 [n], or None for data without labels."""
        return self._load(split)[1]

    def records(self, split: str) -> tf.data.Dataset:
        """The examples of a split in stored order.

        Returns:
          Elements {"index": int64, "x": levels or float32 of `event_shape`}.

        Raises:
          ValueError: as `array`.
        """
        x = self.array(split)
        return tf.data.Dataset.from_tensor_slices(
            {"index": np.arange(len(x), dtype=np.int64), "x": x}
        )

    def _load(self, split: str) -> tuple[np.ndarray, np.ndarray | None]:
        if split not in self._splits:
            self._splits[split] = self._read(split)
        return self._splits[split]

    def _read(self, split: str) -> tuple[np.ndarray, np.ndarray | None]:
        num_examples = self.num_examples
        if split not in num_examples:
            raise ValueError(
                f"`split` must be one of {', '.join(num_examples)}, the splits of"
                f" {self.name!r}; got {split!r}."
            )
        if num_examples[split] == 0:
            raise ValueError(
                f"The split {split!r} of {self.name!r} must hold at least one example;"
                " got none. Add examples to it, or name another split."
            )
        array = self._array_shard(split)
        if array is not None and (x := array.stored()) is not None:
            self._check_rows(split, array.check(self._reading(split)))
            return x, array.labels
        record_format = self.source.format

        def remark_on(x: np.ndarray) -> str | None:
            return record_format.remark_on(x) if split == "train" else None

        def decode(append) -> None:
            self._decode(split, append)

        cache = DecodedCache(self.source, self.cache_dir)
        decoded = cache.load(split, decode, remark_on)
        if decoded is None:
            shape = (num_examples[split], *record_format.event_shape)
            x = np.empty(shape, record_format.dtype)
            labels = np.empty(len(x), np.int64) if record_format.label else None
            places = itertools.count()

            def append(example: np.ndarray, label: int | None) -> None:
                place = next(places)
                x[place] = example
                if labels is not None and label is not None:
                    labels[place] = label

            decode(append)
            x.flags.writeable = False
            decoded = DecodedSplit(x, labels, remark_on(x))
        if decoded.remark is not None:
            print(decoded.remark, file=sys.stderr)
        return decoded.x, decoded.labels

    def _decode(
        self, split: str, append: Callable[[np.ndarray, int | None], None]
    ) -> None:
        """Passes the examples of a split and their labels to `append`, in order.

        Raises:
          ValueError: records are not what the data set declares.
        """
        array = self._array_shard(split)
        if array is not None:
            self._check_rows(split, array.decode(append, self._reading(split)))
            return
        records = (
            (shard.place_of(i), serialized)
            for shard in self.source.shards[split]
            for i, serialized in enumerate(shard.read())
        )
        progress = tqdm.tqdm(
            records,
            desc=self._reading(split),
            total=self.num_examples[split],
            delay=2,
            disable=None,
        )
        unsound = []
        for index, (place, serialized) in enumerate(progress):
            try:
                x, label = self.source.format.decode(serialized)
            except RecordError as error:
                unsound.append((index, place, str(error)))
                continue
            if not unsound:
                append(x, label)
        self._check_sound(split, unsound)

    def _array_shard(self, split: str) -> ArrayShard | None:
        """The split's only shard, if it is an array."""
        first, *others = self.source.shards[split]
        return first if isinstance(first, ArrayShard) and not others else None

    def _reading(self, split: str) -> str:
        return f"Reading {self.name} {split}"

    def _check_rows(self, split: str, unsound: list[tuple[int, str]]) -> None:
        """Raises ValueError for (index, reason) of unsound rows of an array."""
        (shard,) = self.source.shards[split]
        self._check_sound(split, [(i, shard.place_of(i), why) for i, why in unsound])

    def _check_sound(self, split: str, unsound: list[tuple[int, str, str]]) -> None:
        """Raises ValueError for (index, place, reason) of unsound records."""
        if not unsound:
            return
        fraction, total = None, self.num_examples[split]
        if len(unsound) < total:
            fraction = sufficient_fraction(
                [(len(unsound), total), *self._unsound_elsewhere(split)]
            )
        where = f"the split {split!r} of {self.name!r}"
        remedy = self.source.format.remedy_for(reason for _, _, reason in unsound)
        raise ValueError(unsound_message(where, unsound, total, fraction, remedy))

    def _unsound_elsewhere(self, split: str) -> list[tuple[int, int]]:
        """Counts (unsound records, all records) in the other splits of an ingest."""
        counts = []
        for other, shards in self.source.shards.items():
            if other == split or other in self._splits:
                continue
            unsound = 0
            try:
                for serialized in (s for shard in shards for s in shard.read()):
                    try:
                        self.source.format.decode(serialized)
                    except RecordError:
                        unsound += 1
            except ValueError:  # A damaged file, which the pipeline reports.
                continue
            counts.append((unsound, self.num_examples[other]))
        return counts


def open_dataset(config: DataConfig) -> Dataset:
    """Opens a data set, and prepares it first if it is not on disk yet.

    Raises:
      ValueError: `data_dir` is needed or holds no such data set, or its features
        cannot be modeled.
      OSError: the files cannot be read.
      TypeError: `config` is no `DataConfig`.
    """
    if not isinstance(config, DataConfig):
        raise TypeError(
            "`config` must be a `smoothing_tf.DataConfig`, e.g. DataConfig('digits');"
            f" got {config!r}."
        )
    if config.dataset in DATASETS_IN_DATA_DIR and config.data_dir is None:
        raise ValueError(
            f"`data_dir` must name the data when `dataset` is {config.dataset!r};"
            " got none."
        )
    with _quiet_tfds(), explaining_default_directory(config.data_dir):
        if config.dataset.startswith(TFDS_PREFIX):
            source = source_from_tfds(config.dataset, config.data_dir)
        else:
            open_source = choose(DATASETS, config.dataset, "dataset")
            source = open_source(config.data_dir, **config.options)
    for note in source.notes:
        print(note, file=sys.stderr)
    return Dataset(source, config.cache_dir)


@contextlib.contextmanager
def _quiet_tfds():
    """Mutes TFDS's warnings about directories that have our own names."""
    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
