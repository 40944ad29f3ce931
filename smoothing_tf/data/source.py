"""A data set as it is stored: its format and the shards of every split."""

import collections
import contextlib
import dataclasses
import itertools
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from smoothing_tf.data.array_shard import ArrayShard
from smoothing_tf.data.class_labels import find_class_feature
from smoothing_tf.data.picture_classes import find_classes
from smoothing_tf.data.picture_format import PictureConversion, PictureFormat
from smoothing_tf.data.picture_header import SUFFIXES
from smoothing_tf.data.picture_listing import list_pictures, printable
from smoothing_tf.data.picture_shapes import most_common, most_common_shape
from smoothing_tf.data.prepared import builder_of_directory, prepare
from smoothing_tf.data.record_format import (
    RecordError,
    RecordFormat,
    image_shape,
)
from smoothing_tf.data.shards import FileShard, Shard, TFRecordShard
from smoothing_tf.data.stored_facts import make_metadata, read_table_facts
from smoothing_tf.limits import MAX_LEVELS
from smoothing_tf.standardization import Standardization

_FILES_PER_SHARD = 4096


@dataclasses.dataclass(frozen=True)
class Source:
    """A stored data set.

    Attributes:
      name: name of the data set, for messages and file names.
      format: the format of every record.
      shards: split -> its consecutive pieces.
      class_names: names of the labels 0, 1, ...; None without labels.
      left_out: (path, reason) of files in the folder that are not part of the data.
      notes: sentences about the data that a user should see.
      directory: place of the data on disk; None in memory.
      columns: names of the columns of a table; None for other data.
      standardization: the scale of the columns; None for data in their own units.
      license: the license of the data, where TFDS stores it; None if it is not known.
    """

    name: str
    format: RecordFormat
    shards: Mapping[str, tuple[Shard, ...]]
    class_names: tuple[str, ...] | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    directory: str | None = None
    columns: tuple[str, ...] | None = None
    standardization: Standardization | None = None
    license: str | None = None

    def metadata(self) -> dict[str, Any]:
        """Makes the metadata that a prepared directory needs; see `make_metadata`."""
        return make_metadata(self.format, self.columns, self.standardization)


def source_from_builder(builder: tfds.core.DatasetBuilder) -> Source:
    """Makes the source of a TFDS builder, after preparing it if necessary.

    The modeled feature is "image" (`tfds.features.Image`), or "x", or the only feature
    of floats. The number of levels is the builder's metadata `num_levels`, by default
    all that the dtype of the image can hold.

    Raises:
      ValueError: no feature can be modeled, images have more than MAX_LEVELS
        levels, or the files are not TFRecords.
    """
    if not builder.is_prepared():
        prepare(builder)
    info = builder.info
    if info.file_format != tfds.core.FileFormat.TFRECORD:
        raise ValueError(
            f"The data set in {builder.data_dir} must be stored as TFRecord files;"
            f" got {info.file_format.value}."
        )
    shards = {
        name: tuple(
            TFRecordShard(str(path), length)
            for path, length in zip(split.filepaths, split.shard_lengths, strict=True)
        )
        for name, split in info.splits.items()
    }
    features = dict(info.features.items())
    record_format = _builder_format(builder, features, shards)
    columns, standardization = read_table_facts(builder, record_format)
    label = find_class_feature(info)
    return Source(
        name=builder.name,
        format=dataclasses.replace(
            record_format,
            label=label.name,
            num_classes=None if label.class_names is None else len(label.class_names),
        ),
        shards=shards,
        class_names=label.class_names,
        notes=label.notes,
        directory=str(builder.data_dir),
        columns=columns,
        standardization=standardization,
        license=info.redistribution_info.license or None,
    )


def _builder_format(builder, features, shards) -> RecordFormat:
    image = features.get("image")
    if isinstance(image, tfds.features.Image):
        dtype = np.dtype(image.np_dtype)
        if dtype.name not in ("uint8", "uint16"):
            raise ValueError(
                f"The images in {builder.data_dir} must be uint8 or uint16; got"
                f" {dtype}."
            )
        try:
            num_levels = builder.info.metadata["num_levels"]
        except (KeyError, TypeError):  # Foreign metadata, or none at all.
            num_levels = int(np.iinfo(dtype).max) + 1
        shape = image.shape
        if None in shape:
            shape = _most_common_image_shape(builder.name, shards)
        if isinstance(num_levels, bool) or not isinstance(num_levels, int):
            raise ValueError(
                f"`num_levels` in {builder.data_dir}/metadata.json must be a whole"
                f" number; got {num_levels!r}. Correct it there."
            )
        _check_num_levels(
            num_levels,
            f"The images in {builder.data_dir}",
            "Convert them to 8 bits, or declare their levels as `num_levels` in the"
            " metadata of TFDS.",
        )
        return RecordFormat("image", tuple(shape), dtype.name, num_levels)
    floats = {
        name
        for name, feature in features.items()
        if isinstance(feature, tfds.features.Tensor)
        and feature.np_dtype == np.float32
        and feature.shape
        and None not in feature.shape
    }
    if "x" in floats or len(floats) == 1:
        name = "x" if "x" in floats else floats.pop()
        return RecordFormat(name, tuple(features[name].shape), "float32", None)
    raise ValueError(
        f"The data set in {builder.data_dir} must have a feature 'image' of images,"
        " 'x' of float32, or exactly one vector of float32; got"
        f" {', '.join(f'{k}: {v!r}' for k, v in sorted(features.items()))}."
    )


def _check_num_levels(num_levels: int, what: str, remedy: str) -> None:
    if not 2 <= num_levels <= MAX_LEVELS:
        raise ValueError(
            f"{what} must have from 2 to {MAX_LEVELS} levels, which samples and the"
            f" exported model hold as uint8; got {num_levels}. {remedy}"
        )


def _most_common_image_shape(
    name: str, shards: Mapping[str, tuple[Shard, ...]]
) -> tuple[int, ...]:
    """Finds the shape of most training images."""
    counts: collections.Counter[tuple[int, ...]] = collections.Counter()
    for shard in shards.get("train") or itertools.chain(*shards.values()):
        for serialized in shard.read():
            with contextlib.suppress(RecordError):
                counts[image_shape(serialized)] += 1
    if not counts:
        raise ValueError(f"The data set {name!r} has no image that can be decoded.")
    return most_common(counts)


def source_from_directory(directory: str) -> Source:
    """Makes the source of a prepared TFDS directory, e.g. one that ingest wrote.

    Raises:
      ValueError: there is no TFDS directory, its metadata are damaged, or nothing in
        it can be modeled.
      PermissionError: a file cannot be read.
    """
    return source_from_builder(builder_of_directory(directory))


def _problem(folder: str) -> str:
    """Says why nothing was found in a folder of images."""
    if not os.path.exists(folder):
        return ", which does not exist"
    return ", which holds none" if os.path.isdir(folder) else ", which is a file"


def source_from_folder(
    folder: str, conversion: PictureConversion | None = None
) -> Source:
    """Makes the source of image files in sub-folders train, validation and test.

    The files of a split are in its folder, or one level deeper in a folder per class;
    `list_pictures` says which files count. They are ordered by path. Their shape is
    that of most training files.

    Args:
      folder: the folder.
      conversion: conversion of the pictures.

    Raises:
      ValueError: there is no such folder, no image in it or in one of its splits, or
        most images have 16 bits and no conversion is requested.
      PermissionError: a folder cannot be listed.
    """
    conversion = conversion or PictureConversion()
    listing = list_pictures(folder)
    name = printable(os.path.basename(os.path.realpath(folder))) or "data"
    if not any(listing.splits.values()):
        left_out = listing.summary()
        raise ValueError(
            "`data_dir` must be a folder with sub-folders train, validation and"
            f" test of {', '.join(SUFFIXES)} images; got {folder}{_problem(folder)}"
            f"{f' (left out: {left_out})' if left_out else ''}."
        )
    for split, pictures in listing.splits.items():
        if not pictures:
            raise ValueError(
                f"The split {split!r} of {name!r} must hold at least one image; got"
                f" none in {os.path.join(folder, split)}. Add images, or remove it."
            )
    classes = find_classes(listing)
    notes = classes.notes
    shards = {}
    for split, pictures in listing.splits.items():
        labeled = [
            (
                os.path.join(folder, picture.path),
                classes.labels.get(picture.class_folder or ""),
            )
            for picture in pictures
        ]
        shards[split] = tuple(
            FileShard(tuple(labeled[start : start + _FILES_PER_SHARD]))
            for start in range(0, len(labeled), _FILES_PER_SHARD)
        )
    decisive = shards.get("train") or tuple(itertools.chain(*shards.values()))
    shape, num_bits = most_common_shape(
        [path for shard in decisive for path, _ in shard.files], conversion, name
    )
    if conversion.num_levels is None:
        _check_num_levels(
            2**num_bits,
            f"The images in {folder}",
            f"Convert them to 8 bits, or let --num_levels={MAX_LEVELS} do so.",
        )
    if listing.left_out:
        count = len(listing.left_out)
        files = "file" if count == 1 else "files"
        note = f"Left out {count} {files} of {folder} ({listing.summary()})."
        notes = (note, *notes)
    return Source(
        name=name,
        format=PictureFormat(
            "image",
            shape,
            "uint8",
            conversion.num_levels or MAX_LEVELS,
            label="label" if classes.names else None,
            num_classes=len(classes.names) if classes.names else None,
            conversion=conversion,
        ),
        shards=shards,
        class_names=classes.names,
        left_out=listing.left_out,
        notes=notes,
        directory=folder,
    )


def source_from_arrays(
    name: str,
    arrays: dict[str, np.ndarray],
    num_levels: int | None,
    labels: dict[str, np.ndarray] | None = None,
) -> Source:
    """Makes a source in memory.

    Args:
      name: name of the data set, for messages.
      arrays: split -> [n, ...event], levels as uint8 [n, h, w, c], or float32.
      num_levels: number of levels, None for continuous data.
      labels: split -> integers [n].
    """
    first = next(iter(arrays.values()))
    num_classes = None
    if labels is not None:
        num_classes = 1 + max(int(y.max()) for y in labels.values())
    record_format = RecordFormat(
        "x" if num_levels is None else "image",
        first.shape[1:],
        "float32" if num_levels is None else first.dtype.name,
        num_levels,
        label=None if labels is None else "label",
        num_classes=num_classes,
    )
    shards = {}
    for split, array in arrays.items():
        own = None if labels is None else np.asarray(labels[split], np.int64)
        shards[split] = (
            ArrayShard(array, record_format, f"in memory, {split}", labels=own),
        )
    return Source(name=name, format=record_format, shards=shards)
