"""Fashion-MNIST from its IDX files or from TFDS.

The data are Copyright 2017 Zalando SE and under the Expat (MIT) license. They are not
part of this library: Debian's package dataset-fashion-mnist installs the files.

Reference: Xiao, Rasul, Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking
Machine Learning Algorithms", 2017, https://github.com/zalandoresearch/fashion-mnist.
"""

import dataclasses
import os
import pathlib
import sys

import numpy as np

from smoothing_tf.data.array_shard import ArrayShard
from smoothing_tf.data.idx_file import find_idx_file, read_idx_file
from smoothing_tf.data.record_format import RecordFormat
from smoothing_tf.data.source import Source
from smoothing_tf.data.splits import held_out_size, hold_out_rows
from smoothing_tf.data.tfds_sets import source_from_tfds

_NAME = "fashion_mnist"
CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
# Split -> the beginning of the names of its files.
_FILES = {"train": "train", "test": "t10k"}
_IMAGES, _LABELS = "images-idx3-ubyte", "labels-idx1-ubyte"
_FOLDER = pathlib.Path("share", "datasets", "fashion-mnist")


def fashion_mnist_source(data_dir: str | None = None) -> Source:
    """Opens Fashion-MNIST from the first place that has it.

    The places are: IDX files in `data_dir`; those of Debian's package
    dataset-fashion-mnist; TFDS, in `data_dir` or its default directory.

    Of the 60,000 training images, 5,000 chosen by a constant permutation become the
    validation split. TFDS stores its images in another order, so these are others
    there.

    Args:
      data_dir: directory of the IDX files, or of TFDS; None for the default places.

    Raises:
      OSError: no place has it; the message names all of them.
      ValueError: a file is damaged, or some of the files are missing.
    """
    places = [] if data_dir is None else [pathlib.Path(data_dir)]
    for place in (*places, *system_directories()):
        if not _has_any_file(place):
            continue
        source = source_from_idx(place)
        if data_dir is None or place == pathlib.Path(data_dir):
            return source
        note = f"{data_dir} has no IDX files; reading those in {place}."
        return dataclasses.replace(source, notes=(note, *source.notes))
    try:
        return source_from_tfds(_NAME, data_dir)
    except OSError as error:
        raise OSError(
            "Fashion-MNIST was found in none of three places. Install Debian's package"
            f" dataset-fashion-mnist, which has its files in /usr/{_FOLDER}; or name a"
            f" directory with {', '.join(_file_names())} by --data_dir; or let"
            f" TensorFlow Datasets download it: {error}"
        ) from error


def system_directories() -> tuple[pathlib.Path, ...]:
    """Lists where a package may have put the files: below Python's prefix, /usr."""
    prefixes = dict.fromkeys((sys.prefix, sys.base_prefix, "/usr/local", "/usr"))
    return tuple(pathlib.Path(prefix) / _FOLDER for prefix in prefixes)


def source_from_idx(directory: str | os.PathLike) -> Source:
    """Makes the source of the four IDX files in a directory.

    Raises:
      ValueError: a file is missing or damaged, or the files do not fit together.
    """
    missing = [name for name in _file_names() if not find_idx_file(directory, name)]
    if missing:
        raise ValueError(
            f"{directory} must hold the four IDX files of Fashion-MNIST; it lacks"
            f" {', '.join(missing)} (with or without .gz)."
        )
    images, labels = {}, {}
    for split, start in _FILES.items():
        images[split], labels[split] = _read_pair(directory, start)
    shapes = {split: x.shape[1:] for split, x in images.items()}
    if shapes["train"] != shapes["test"]:
        raise ValueError(
            f"The images in {directory} must have one shape; got {shapes['train']} for"
            f" training and {shapes['test']} for testing."
        )
    record_format = RecordFormat(
        "image",
        (*shapes["train"], 1),
        "uint8",
        256,
        label="label",
        num_classes=len(CLASS_NAMES),
    )
    total = len(images["train"])
    train, validation = hold_out_rows(total, held_out_size(total))
    shards = {}
    for split, stored, rows in (
        ("train", "train", train),
        ("validation", "train", validation),
        ("test", "test", None),
    ):
        x, y = images[stored], labels[stored]
        if rows is not None:
            x, y = x[rows], y[rows]
        place = f"{directory}, {split}"
        shards[split] = (ArrayShard(x, record_format, place, labels=y),)
    return Source(
        name=_NAME, format=record_format, shards=shards, class_names=CLASS_NAMES
    )


def _read_pair(directory, start: str) -> tuple[np.ndarray, np.ndarray]:
    """Reads the images and labels of a split."""
    paths = [_path(directory, f"{start}-{name}") for name in (_IMAGES, _LABELS)]
    images, labels = (read_idx_file(path, axes) for path, axes in zip(paths, (3, 1)))
    if len(images) != len(labels) or not images.size:
        raise ValueError(
            f"{paths[0]} and {paths[1]} must hold as many labels as images, at least"
            f" one, of at least one pixel; got {len(labels)} labels and images of shape"
            f" {list(images.shape)}."
        )
    if labels.max() >= len(CLASS_NAMES):
        raise ValueError(
            f"{paths[1]} must hold labels from 0 to {len(CLASS_NAMES) - 1}; got"
            f" {labels.max()}. Is it another file?"
        )
    return images, labels.astype(np.int64)


def _path(directory, name: str) -> pathlib.Path:
    path = find_idx_file(directory, name)
    if path is None:
        raise ValueError(f"{directory} holds no {name}.")
    return path


def _file_names() -> list[str]:
    return [
        f"{start}-{name}" for start in _FILES.values() for name in (_IMAGES, _LABELS)
    ]


def _has_any_file(directory: pathlib.Path) -> bool:
    return any(find_idx_file(directory, name) for name in _file_names())
