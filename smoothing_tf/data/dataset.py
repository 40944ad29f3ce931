"""A data set as models see it: checked records, their levels and splits."""

import contextlib
import dataclasses

import numpy as np
import tensorflow as tf
import tqdm
from absl import logging

from smoothing_tf.data.datasets import DATASETS, DATASETS_IN_DATA_DIR
from smoothing_tf.data.default_directory import explaining_default_directory
from smoothing_tf.data.record_format import RecordError
from smoothing_tf.data.source import Source
from smoothing_tf.settings import choose, setting, validate


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Which data set, and where it is stored."""

    dataset: str = setting(
        "digits",
        "Data set; `directory` is any prepared TFDS directory, `folder` a folder of"
        " image files in sub-folders train, validation and test.",
        choices=tuple(DATASETS),
    )
    data_dir: str | None = setting(
        None,
        "Directory of the data set; empty for the default directory of TFDS.",
        none_name="",
        is_path=True,
    )

    def __post_init__(self):
        validate(self)


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Records, shapes, levels and splits of a data set.

    A split is decoded and checked once, then held in memory as integers: 50,000
    colour images of 32x32 are 154 MB.
    """

    source: Source
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
    def num_examples(self) -> dict[str, int]:
        """Split -> number of examples."""
        return {
            split: sum(shard.num_examples for shard in shards)
            for split, shards in self.source.shards.items()
        }

    def array(self, split: str) -> np.ndarray:
        """The examples of a split, [n, ...event_shape] in stored order.

        Returns:
          Levels as uint8 or uint16, or continuous data as float32; read-only.

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
        record_format = self.source.format
        x = np.empty(
            (num_examples[split], *record_format.event_shape), record_format.dtype
        )
        labels = np.empty(len(x), np.int64) if record_format.label else None
        records = (
            (shard.place_of(i), serialized)
            for shard in self.source.shards[split]
            for i, serialized in enumerate(shard.read())
        )
        progress = tqdm.tqdm(
            records,
            desc=f"Reading {self.name} {split}",
            total=len(x),
            delay=2,
            disable=None,
        )
        for index, (place, serialized) in enumerate(progress):
            try:
                x[index], label = record_format.decode(serialized)
            except RecordError as error:
                raise ValueError(
                    f"Record {index} of the split {split!r} of {self.name!r} ({place})"
                    f" {error}; repair or remove it, or run the pipeline, which can"
                    " leave it out (pipeline.local_runner --max_rejected_fraction)."
                ) from error
            if labels is not None:
                labels[index] = label
        x.flags.writeable = False
        return x, labels


def open_dataset(config: DataConfig) -> Dataset:
    """Opens a data set, preparing it first when it is not yet on disk.

    Raises:
      ValueError: `data_dir` is needed or holds no such data set, or its features
        cannot be modelled.
    """
    if config.dataset in DATASETS_IN_DATA_DIR and config.data_dir is None:
        raise ValueError(
            f"`data_dir` must name the data when `dataset` is {config.dataset!r};"
            " got none."
        )
    open_source = choose(DATASETS, config.dataset, "dataset")
    with _quiet_tfds(), explaining_default_directory(config.data_dir):
        return Dataset(open_source(config.data_dir))


@contextlib.contextmanager
def _quiet_tfds():
    """Mutes TFDS's warnings about directories that it did not name itself."""
    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
