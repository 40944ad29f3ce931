"""The most common shape of many image files."""

import collections
from collections.abc import Sequence

import tqdm

from smoothing_tf.data.picture_file import open_picture
from smoothing_tf.data.picture_format import PictureConversion
from smoothing_tf.data.picture_listing import printable
from smoothing_tf.data.record_format import RecordError


def most_common_shape(
    paths: Sequence[str], conversion: PictureConversion, name: str
) -> tuple[tuple[int, int, int], int]:
    """Finds the converted shape and the bits per value of most files, by their headers.

    Files that cannot be read do not count. The order of `paths` does not matter: among
    equally common shapes the largest is chosen.

    Args:
      paths: the files.
      conversion: conversion of the pictures.
      name: name of the data set, for messages.

    Returns:
      ((height, width, channels), bits).

    Raises:
      ValueError: no header can be read.
    """
    counts: collections.Counter[tuple[tuple[int, ...], int]] = collections.Counter()
    first_error = None
    progress = tqdm.tqdm(
        paths, desc=f"Headers of {name}", delay=2, disable=None, leave=False
    )
    for path in progress:
        try:
            with open_picture(path) as picture:
                header = picture.header
        except RecordError as error:
            first_error = first_error or f"{printable(path)} {error}"
        else:
            counts[conversion.shape_of(header), header.num_bits] += 1
    if not counts:
        raise ValueError(
            f"The data set {name!r} has no image that can be decoded. First: the file"
            f" {first_error}."
        )
    return most_common(counts)


def most_common(counts: collections.Counter) -> tuple:
    """Returns the most common key; the largest of several equally common ones."""
    return max(counts, key=lambda key: (counts[key], key))
