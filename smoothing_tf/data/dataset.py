"""A data set as models see it: checked records, their levels and splits."""

import contextlib
import dataclasses
import sys

import numpy as np
import tensorflow as tf
import tqdm
from absl import logging

from smoothing_tf.data.datasets import DATASETS, DATASETS_IN_DATA_DIR
from smoothing_tf.data.default_directory import explaining_default_directory
from smoothing_tf.data.picture_format import PictureConversion
from smoothing_tf.data.record_format import RecordError
from smoothing_tf.data.rejection import sufficient_fraction, unsound_message
from smoothing_tf.data.source import MAX_LEVELS, Source
from smoothing_tf.settings import choose, setting, text_of, validate


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """The data set, its directory and the conversion of its images."""

    dataset: str = setting(
        "digits",
        "Data set. `directory` is any prepared TFDS directory, `folder` a folder of"
        " image files in sub-folders train, validation and test.",
        choices=tuple(DATASETS),
    )
    data_dir: str | None = setting(
        None,
        "Directory of the data set; empty for the default directory of TFDS.",
        none_name="",
        is_path=True,
    )
    image_mode: str = setting(
        "auto",
        "With --dataset=folder: convert images to `grey` or `color`; `auto` picks"
        " whichever most training images are.",
        choices=("auto", "grey", "color"),
    )
    image_size: tuple[int, ...] | None = setting(
        None,
        "With --dataset=folder: HEIGHT,WIDTH of the images, by a central crop to that"
        " aspect ratio and an antialiased bicubic resize; `none` keeps their size.",
        minimum=1,
    )
    num_levels: int | None = setting(
        None,
        "With --dataset=folder: L, the number of levels of the images. A value i"
        " from 0 to 255 becomes round(i (L - 1) / 255); a 16-bit value v first becomes"
        " round(v / 257). Use 2 for black-and-white pictures, 256 for 16-bit files."
        " `auto` keeps the 256 levels of 8-bit files and rejects others.",
        minimum=2,
        maximum=MAX_LEVELS,
        none_name="auto",
    )

    def __post_init__(self):
        validate(self)
        if self.image_size is not None and len(self.image_size) != 2:
            raise ValueError(
                "`image_size` must be two numbers, HEIGHT,WIDTH; got"
                f" {','.join(map(str, self.image_size))}."
            )
        if self.dataset == "folder":
            return
        for name in ("image_mode", "image_size", "num_levels"):
            field = type(self).__dataclass_fields__[name]
            value = getattr(self, name)
            if value != field.default:
                raise ValueError(
                    f"`{name}` only applies to --dataset=folder; got"
                    f" {text_of(field, value)} with --dataset={self.dataset}. Drop it."
                )

    @property
    def conversion(self) -> PictureConversion:
        """Conversion of the image files of a folder."""
        return PictureConversion(self.image_mode, self.image_size, self.num_levels)


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Records, shape, levels and splits of a data set.

    A split is decoded and checked once and then kept in memory as integers: 50,000
    color images of 32x32 take 154 MB.
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
        unsound = []
        for index, (place, serialized) in enumerate(progress):
            try:
                x[index], label = record_format.decode(serialized)
            except RecordError as error:
                unsound.append((index, place, str(error)))
                continue
            if labels is not None and label is not None:
                labels[index] = label
        if unsound:
            total = len(x)
            fraction = None
            if len(unsound) < total:
                fraction = sufficient_fraction(
                    [(len(unsound), total), *self._unsound_elsewhere(split)]
                )
            where = f"the split {split!r} of {self.name!r}"
            remedy = record_format.remedy_for(reason for _, _, reason in unsound)
            raise ValueError(unsound_message(where, unsound, total, fraction, remedy))
        if split == "train" and (remark := record_format.remark_on(x)) is not None:
            print(remark, file=sys.stderr)
        x.flags.writeable = False
        return x, labels

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
    """
    if config.dataset in DATASETS_IN_DATA_DIR and config.data_dir is None:
        raise ValueError(
            f"`data_dir` must name the data when `dataset` is {config.dataset!r};"
            " got none."
        )
    open_source = choose(DATASETS, config.dataset, "dataset")
    arguments = (config.conversion,) if config.dataset == "folder" else ()
    with _quiet_tfds(), explaining_default_directory(config.data_dir):
        source = open_source(config.data_dir, *arguments)
    for note in source.notes:
        print(note, file=sys.stderr)
    return Dataset(source)


@contextlib.contextmanager
def _quiet_tfds():
    """Mutes TFDS's warnings about directories that have our own names."""
    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
