"""The format of the records of a data set."""

import contextlib
import dataclasses
import struct
from collections.abc import Iterable, Iterator

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from smoothing_tf.data.record_error import RecordError

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_START = _PNG_SIGNATURE + b"\0\0\0\rIHDR"
_PNG_HEADER_SIZE = 33
# Color type in the header -> number of channels.
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
_PNG_PALETTE = 3
_JPEG_SIGNATURE = b"\xff\xd8\xff"
_PNG_BIT_DEPTH_OFFSET = 24


@dataclasses.dataclass(frozen=True)
class RecordFormat:
    """The declared content of a serialized `tf.train.Example`.

    Attributes:
      feature: name of the feature that is modeled, e.g. "image".
      event_shape: shape of one example, (height, width, channels) of an image.
      dtype: "uint8" or "uint16" for images, "float32" for vectors.
      num_levels: values are the whole numbers 0, ..., num_levels - 1; None for
        continuous data.
      label: name of an integer feature with the class, or None.
      num_classes: labels are 0, ..., num_classes - 1; None without labels.
    """

    feature: str
    event_shape: tuple[int, ...]
    dtype: str
    num_levels: int | None
    label: str | None = None
    num_classes: int | None = None

    def decode(self, serialized: bytes) -> tuple[np.ndarray, int | None]:
        """Decodes and checks one record.

        Args:
          serialized: a `tf.train.Example`; images are encoded as PNG or JPEG.

        Returns:
          The example, an array of `event_shape` and `dtype`, and its label.

        Raises:
          RecordError: the record cannot be decoded, its shape, dtype or range differs
            from the declared one, or its label is not a class.
        """
        features = parse_record(serialized)
        if self.feature not in features:
            raise RecordError(f"has no feature {self.feature!r}")
        if self.num_levels is None:
            values = features[self.feature].float_list.value
            if len(values) != np.prod(self.event_shape, dtype=int):
                raise RecordError(
                    f"has {len(values)} float values instead of the shape"
                    f" {self.event_shape}"
                )
            x = np.array(values, np.float32).reshape(self.event_shape)
        else:
            encoded = _find_image(features[self.feature])
            # The header is checked first, so that a huge image is not decoded.
            declared = _declared_shape(encoded) or self.event_shape
            if declared[:2] != self.event_shape[:2]:
                raise RecordError(f"has shape {declared} instead of {self.event_shape}")
            x = _decode_image(encoded)
        self._check(x)
        return x, self._label_of(features)

    def make_record(self, serialized: bytes, x: np.ndarray, label: int | None) -> bytes:
        """Makes the record that a prepared directory stores.

        Args:
          serialized: the record.
          x: the array that `decode` returns for it.
          label: the label that `decode` returns for it.

        Returns:
          The record itself, with unchanged images. TFDS writes the features of a record
          in any order; here the order is always the same.
        """
        del x, label
        return tf.train.Example.FromString(serialized).SerializeToString(
            deterministic=True
        )

    def remark_on(self, x: np.ndarray) -> str | None:
        """Makes a remark for the user about the training examples, or None."""
        del x
        return None

    def remedy_for(self, reasons: Iterable[str]) -> str | None:
        """Says how unsound records can be made usable, or None.

        Args:
          reasons: reasons why they are unsound, the messages of `decode`.
        """
        del reasons
        return None

    def _label_of(self, features) -> int | None:
        if self.label is None or self.num_classes is None:
            return None
        labels = features[self.label].int64_list.value
        if len(labels) != 1:
            raise RecordError(f"has {len(labels)} labels instead of one")
        if not 0 <= labels[0] < self.num_classes:
            raise RecordError(
                f"has the label {labels[0]} instead of one of 0 to"
                f" {self.num_classes - 1}"
            )
        return labels[0]

    def _check(self, x: np.ndarray) -> None:
        if x.shape != self.event_shape:
            raise RecordError(f"has shape {x.shape} instead of {self.event_shape}")
        if x.dtype.name != self.dtype:
            raise RecordError(f"has dtype {x.dtype} instead of {self.dtype}")
        if self.num_levels is None:
            if not np.isfinite(x).all():
                raise RecordError("has values that are NaN or infinite")
        elif x.max() >= self.num_levels:
            raise RecordError(
                f"has the value {x.max()}, above the last level {self.num_levels - 1}"
            )


def image_shape(serialized: bytes) -> tuple[int, ...]:
    """Returns (height, width, channels) of the feature "image" of a record.

    Pixels are only decoded if the header does not hold the shape.

    Raises:
      RecordError: the record holds no image or a damaged one.
    """
    encoded = _find_image(parse_record(serialized)["image"])
    return _declared_shape(encoded) or _decode_image(encoded).shape


def parse_record(serialized: bytes):
    """Parses the features of a record, by name.

    Raises:
      RecordError: it is not a serialized `tf.train.Example`.
    """
    try:
        return tf.train.Example.FromString(serialized).features.feature
    except DecodeError as error:
        raise RecordError("is not a serialized tf.train.Example") from error


def _find_image(feature: tf.train.Feature) -> bytes:
    images = feature.bytes_list.value
    if len(images) != 1:
        raise RecordError(f"has {len(images)} images instead of one")
    return images[0]


def _decode_image(encoded: bytes) -> np.ndarray:
    # TensorFlow would silently convert a 16-bit file to the requested dtype.
    is_16_bit = (
        encoded.startswith(_PNG_SIGNATURE)
        and len(encoded) > _PNG_BIT_DEPTH_OFFSET
        and encoded[_PNG_BIT_DEPTH_OFFSET] == 16
    )
    with _decoding_errors():
        return tf.io.decode_image(
            encoded,
            dtype=tf.uint16 if is_16_bit else tf.uint8,
            expand_animations=False,
        ).numpy()


def _declared_shape(encoded: bytes) -> tuple[int, ...] | None:
    """Reads the shape in the header of a PNG or JPEG file; None for other files."""
    if encoded.startswith(_PNG_START) and len(encoded) >= _PNG_HEADER_SIZE:
        width, height, _, kind = struct.unpack_from(">IIBB", encoded, len(_PNG_START))
        num_channels = _PNG_CHANNELS.get(kind, 1)
        if kind == _PNG_PALETTE and b"tRNS" in encoded[: encoded.find(b"IDAT")]:
            num_channels += 1
        return height, width, num_channels
    if encoded.startswith(_JPEG_SIGNATURE):
        with _decoding_errors():
            return tuple(tf.io.extract_jpeg_shape(encoded).numpy().tolist())
    return None


@contextlib.contextmanager
def _decoding_errors() -> Iterator[None]:
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        raise RecordError("cannot be decoded as an image") from error


def encode_record(
    feature: str, value: bytes | np.ndarray, label: int | None = None
) -> bytes:
    """Serializes one record; the inverse of `RecordFormat.decode`.

    Args:
      feature: name of the modeled feature.
      value: an encoded image, or an array of floats.
      label: label to store as the feature "label", or None.
    """
    if isinstance(value, bytes):
        content = tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    else:
        content = tf.train.Feature(float_list=tf.train.FloatList(value=np.ravel(value)))
    features = {feature: content}
    if label is not None:
        features["label"] = tf.train.Feature(
            int64_list=tf.train.Int64List(value=[label])
        )
    return tf.train.Example(
        features=tf.train.Features(feature=features)
    ).SerializeToString(deterministic=True)
