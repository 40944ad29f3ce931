"""A data set as it is stored: its format and the shards of every split."""

import contextlib
import dataclasses
import io
import pathlib

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from smoothing_tf.data.record_format import (
    RecordError,
    RecordFormat,
    decode_image,
    encode_record,
)
from smoothing_tf.data.shards import FileShard, MemoryShard, Shard, TFRecordShard

_IMAGE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png")
_FILES_PER_SHARD = 4096
# Samples are written, and served, as uint8.
MAX_LEVELS = 256


@dataclasses.dataclass(frozen=True)
class Source:
    """A stored data set.

    Attributes:
      name: for messages and file names.
      format: what every record must look like.
      shards: split -> its consecutive pieces.
      class_names: names of the labels 0, 1, ...; None without labels.
    """

    name: str
    format: RecordFormat
    shards: dict[str, tuple[Shard, ...]]
    class_names: tuple[str, ...] | None = None


def source_from_builder(builder: tfds.core.DatasetBuilder) -> Source:
    """The source of a TFDS builder, prepared first when it is not yet.

    The modelled feature is "image" (`tfds.features.Image`), or "x", or the only
    feature of floats. The number of levels is the builder's metadata
    `num_levels`, by default all that the dtype of the image can hold.

    Raises:
      ValueError: no feature can be modelled, images have more than MAX_LEVELS
        levels, or the files are not TFRecords.
    """
    if not builder.is_prepared():
        # TFDS prints a dozen lines, on both streams, for a second of work.
        tfds.disable_progress_bar()
        with contextlib.redirect_stdout(io.StringIO()):
            builder.download_and_prepare()
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
    label = features.get("label")
    has_labels = isinstance(label, tfds.features.ClassLabel) and label.num_classes
    return Source(
        name=builder.name,
        format=dataclasses.replace(
            _builder_format(builder, features, shards),
            label="label" if has_labels else None,
            num_classes=label.num_classes if has_labels else None,
        ),
        shards=shards,
        class_names=tuple(label.names) if has_labels else None,
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
            num_levels = np.iinfo(dtype).max + 1
        shape = image.shape
        if None in shape:
            shape = _first_image(builder.name, shards).shape
        _check_num_levels(num_levels, f"The images in {builder.data_dir}")
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


def _check_num_levels(num_levels: int, what: str) -> None:
    if not 2 <= num_levels <= MAX_LEVELS:
        raise ValueError(
            f"{what} must have from 2 to {MAX_LEVELS} levels, which samples and the"
            f" exported model hold as uint8; got {num_levels}. Convert them to 8 bits,"
            " or declare their levels as `num_levels` in the metadata of TFDS."
        )


def _first_image(name: str, shards: dict[str, tuple[Shard, ...]]) -> np.ndarray:
    for pieces in shards.values():
        for shard in pieces:
            for serialized in shard.read():
                try:
                    return decode_image(serialized)
                except RecordError:
                    continue
    raise ValueError(f"The data set {name!r} has no image that can be decoded.")


def source_from_directory(directory: str) -> Source:
    """The source of a prepared TFDS directory, e.g. one that ingest wrote.

    Raises:
      ValueError: there is no TFDS directory, or nothing in it can be modelled.
    """
    if not (pathlib.Path(directory) / "dataset_info.json").is_file():
        raise ValueError(
            "`data_dir` must be a prepared TFDS directory, one with"
            f" dataset_info.json; got {directory}."
        )
    return source_from_builder(tfds.builder_from_directory(directory))


def source_from_folder(folder: str) -> Source:
    """The source of image files in sub-folders train, validation and test.

    The files of a split lie in it directly, or one level deeper in a folder per
    class. They are ordered by path; the first one gives shape and dtype.

    Raises:
      ValueError: there is no such folder, no image in it, or the first one has 16
        bits.
    """
    root = pathlib.Path(folder)
    files = {
        split.name: sorted(
            path
            for pattern in ("*", "*/*")
            for path in split.glob(pattern)
            if path.suffix.lower() in _IMAGE_SUFFIXES
        )
        for split in sorted(root.iterdir() if root.is_dir() else ())
        if split.is_dir() and not split.name.startswith(".")
    }
    if not any(files.values()):
        raise ValueError(
            "`data_dir` must be a folder with sub-folders train, validation and"
            f" test of {', '.join(_IMAGE_SUFFIXES)} images; got {folder}."
        )
    # A file directly in the split has no class, and then there are no labels.
    classes = [
        None if path.parent.parent == root else path.parent.name
        for paths in files.values()
        for path in paths
    ]
    names = None if None in classes else tuple(sorted(set(classes)))
    numbers = {name: number for number, name in enumerate(names or ())}
    shards = {}
    for split, paths in files.items():
        labelled = [(str(path), numbers.get(path.parent.name)) for path in paths]
        shards[split] = tuple(
            FileShard(tuple(labelled[start : start + _FILES_PER_SHARD]))
            for start in range(0, len(labelled), _FILES_PER_SHARD)
        )
    image = _first_image(root.name, shards)
    num_levels = np.iinfo(image.dtype).max + 1
    _check_num_levels(num_levels, f"The images in {folder}")
    return Source(
        name=root.name,
        format=RecordFormat(
            "image",
            image.shape,
            image.dtype.name,
            num_levels,
            label=names and "label",
            num_classes=names and len(names),
        ),
        shards=shards,
        class_names=names,
    )


def source_from_arrays(
    name: str,
    arrays: dict[str, np.ndarray],
    num_levels: int | None,
    labels: dict[str, np.ndarray] | None = None,
) -> Source:
    """A source in memory.

    Args:
      name: for messages.
      arrays: split -> [n, ...event], levels as uint8 [n, h, w, c], or float32.
      num_levels: number of levels, None for continuous data.
      labels: split -> integers [n].
    """
    feature = "x" if num_levels is None else "image"
    shards = {}
    for split, array in arrays.items():
        serialized = []
        for i, x in enumerate(array):
            value = x if num_levels is None else tf.io.encode_png(x).numpy()
            label = None if labels is None else int(labels[split][i])
            serialized.append(encode_record(feature, value, label))
        shards[split] = (MemoryShard(tuple(serialized)),)
    first = next(iter(arrays.values()))
    dtype = "float32" if num_levels is None else first.dtype.name
    num_classes = labels and 1 + max(int(y.max()) for y in labels.values())
    return Source(
        name=name,
        format=RecordFormat(
            feature,
            first.shape[1:],
            dtype,
            num_levels,
            label=labels and "label",
            num_classes=num_classes,
        ),
        shards=shards,
    )
