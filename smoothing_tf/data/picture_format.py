"""The format of the image files of a folder."""

import dataclasses
import io
import os
from collections.abc import Iterable

import numpy as np
from PIL import Image

from smoothing_tf.data.picture_file import open_picture
from smoothing_tf.data.picture_header import PictureHeader
from smoothing_tf.data.record_format import (
    RecordError,
    RecordFormat,
    encode_record,
    parse_record,
)

# The feature of a record that names an image file; see `FileShard`.
PATH_FEATURE = "path"
_CHANNELS = {"grey": 1, "color": 3}
_NUM_LEVELS = 256
# Pictures of 1, 2 and 4 bits.
_FEW_LEVELS = (2, 4, 16)
_OTHER_SHAPE = "has shape"
_VALUES_AT_ONCE = 1 << 20


@dataclasses.dataclass(frozen=True)
class PictureConversion:
    """Conversion of image files.

    Attributes:
      mode: "grey" or "color" to convert; "auto" keeps the channels.
      size: (height, width) to crop and resize to, or None.
      num_levels: L; value i of 256 becomes round(i (L - 1) / 255). None keeps all
        256 and rejects files with more bits.
    """

    mode: str = "auto"
    size: tuple[int, ...] | None = None
    num_levels: int | None = None

    @property
    def num_channels(self) -> int | None:
        """The number of channels to convert to; None for that of the files."""
        return _CHANNELS.get(self.mode)

    def check_bits(self, header: PictureHeader) -> None:
        """Rejects a file of more than 8 bits unless it is to be converted.

        Raises:
          RecordError: the file is rejected.
        """
        if header.num_bits > 8 and self.num_levels is None:
            raise RecordError(
                f"has {header.num_bits} bits per value instead of 8; convert it, or"
                f" let --num_levels={_NUM_LEVELS} do so"
            )

    def shape_of(self, header: PictureHeader) -> tuple[int, int, int]:
        """The shape of the array that a file with this header is read as."""
        height, width = self.size or (header.height, header.width)
        return height, width, self.num_channels or header.num_channels


@dataclasses.dataclass(frozen=True)
class PictureFormat(RecordFormat):
    """The declared content of records that name image files.

    Attributes:
      conversion: conversion of the pictures.
    """

    conversion: PictureConversion = PictureConversion()

    def decode(self, serialized: bytes) -> tuple[np.ndarray, int | None]:
        """Reads and checks one image file, its header before its pixels.

        Args:
          serialized: a `tf.train.Example` with the path, and the label.

        Returns:
          uint8 levels of `event_shape`, and the label.

        Raises:
          RecordError: the file cannot be read, or has another shape, or more bits.
        """
        features = parse_record(serialized)
        (path,) = features[PATH_FEATURE].bytes_list.value
        with open_picture(os.fsdecode(path)) as picture:
            self.conversion.check_bits(picture.header)
            shape = self.conversion.shape_of(picture.header)
            num_channels = self.event_shape[-1]
            if picture.header.is_palette:
                # A palette of greys is read as color if the other files are color.
                shape = (*shape[:2], max(shape[-1], num_channels))
            if shape != self.event_shape:
                raise RecordError(
                    f"{_OTHER_SHAPE} {shape} instead of {self.event_shape}"
                )
            x = picture.pixels(num_channels, self.conversion.size)
        x = self._levels(x)
        self._check(x)
        return x, self._label_of(features)

    def make_record(self, serialized: bytes, x: np.ndarray, label: int | None) -> bytes:
        """Makes the record of the converted picture, as PNG."""
        del serialized
        encoded = io.BytesIO()
        pixels = x[..., 0] if x.shape[-1] == 1 else x
        Image.fromarray(pixels).save(encoded, "PNG")
        return encode_record(self.feature, encoded.getvalue(), label)

    def remark_on(self, x: np.ndarray) -> str | None:
        """Suggests --num_levels if the values are those of few levels.

        Args:
          x: examples, or only the values that occur in them.
        """
        if self.conversion.num_levels is not None:
            return None
        flat, found = x.reshape(-1), np.zeros(_NUM_LEVELS, bool)
        for start in range(0, len(flat), _VALUES_AT_ONCE):
            found[flat[start : start + _VALUES_AT_ONCE]] = True
            if not set(np.flatnonzero(found)) <= _values_of(_FEW_LEVELS[-1]):
                return None
        values = set(np.flatnonzero(found))
        if len(values) < 2:
            return None
        few = next(n for n in _FEW_LEVELS if values <= _values_of(n))
        return (
            f"The training images hold only the values of {few} levels from 0 to 255"
            f" and are modeled as {_NUM_LEVELS} levels; --num_levels={few} models them"
            f" as {few}."
        )

    def remedy_for(self, reasons: Iterable[str]) -> str | None:
        """Suggests the flags that convert images of other shapes, if there are any.

        Args:
          reasons: reasons of rejected files, the messages of `decode`.
        """
        if not any(reason.startswith(_OTHER_SHAPE) for reason in reasons):
            return None
        height, width, num_channels = self.event_shape
        flags = []
        if self.conversion.size is None:
            flags.append(f"--image_size={height},{width}")
        if self.conversion.num_channels is None:
            mode = next(m for m, c in _CHANNELS.items() if c == num_channels)
            flags.append(f"--image_mode={mode}")
        return f"To convert all images to one shape, give {' '.join(flags)}."

    def _levels(self, x: np.ndarray) -> np.ndarray:
        if self.num_levels is None or self.num_levels == _NUM_LEVELS:
            return x
        values = np.arange(_NUM_LEVELS) * (self.num_levels - 1) / (_NUM_LEVELS - 1)
        return np.rint(values).astype(np.uint8)[x]


def _values_of(num_levels: int) -> set[int]:
    """Returns the values from 0 to 255 that the levels 0, ..., L - 1 are shown as."""
    step = (_NUM_LEVELS - 1) // (num_levels - 1)
    return set(range(0, _NUM_LEVELS, step))
