"""Tests of decoding and checking one record."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from smoothing_tf.data.record_format import (
    RecordError,
    RecordFormat,
    encode_record,
    image_shape,
)

IMAGE = RecordFormat("image", (4, 5, 1), "uint8", 17)
LABELED = RecordFormat("image", (4, 5, 1), "uint8", 17, "label", num_classes=10)
VECTOR = RecordFormat("x", (3,), "float32", None)


def _png(array: np.ndarray) -> bytes:
    return tf.io.encode_png(array).numpy()


def _levels(maximum: int = 16) -> np.ndarray:
    return (np.arange(20, dtype=np.uint8) % (maximum + 1)).reshape(4, 5, 1)


def test_image_and_label_survive_encoding():
    x, label = LABELED.decode(encode_record("image", _png(_levels()), 3))
    np.testing.assert_array_equal(x, _levels())
    assert x.dtype == np.uint8
    assert label == 3


def test_vector_survives_encoding():
    x, label = VECTOR.decode(encode_record("x", np.array([1.5, -2.0, 0.25])))
    np.testing.assert_array_equal(x, np.array([1.5, -2.0, 0.25], np.float32))
    assert label is None


@pytest.mark.parametrize("label", [-1, 10])
def test_a_label_that_is_not_a_class_is_rejected(label):
    with pytest.raises(RecordError, match=f"label {label} instead of one of 0 to 9"):
        LABELED.decode(encode_record("image", _png(_levels()), label))


def test_16_bit_images_keep_their_levels():
    image = np.full((4, 5, 1), 200, np.uint16)
    record_format = RecordFormat("image", (4, 5, 1), "uint16", 256)
    x, _ = record_format.decode(encode_record("image", _png(image)))
    np.testing.assert_array_equal(x, image)


def _flipped_byte(encoded: bytes) -> bytes:
    middle = encoded.index(b"IDAT") + 10
    return encoded[:middle] + bytes([encoded[middle] ^ 0xFF]) + encoded[middle + 1 :]


def _jpeg() -> bytes:
    file = io.BytesIO()
    Image.fromarray(_levels()[..., 0]).save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        (b"", "cannot be decoded"),
        (b"no image at all", "cannot be decoded"),
        (_png(_levels())[:-20], "cannot be decoded"),
        (_flipped_byte(_png(_levels())), "cannot be decoded"),
        (_jpeg()[:-40], "cannot be decoded"),
        (_png(np.zeros((5, 4, 1), np.uint8)), r"shape \(5, 4, 1\) instead of \(4, 5"),
        (_png(np.zeros((4, 5, 3), np.uint8)), r"shape \(4, 5, 3\) instead of \(4, 5"),
        (_png(np.zeros((4, 5, 1), np.uint16)), "dtype uint16 instead of uint8"),
        (_png(_levels(17)), "value 17, above the last level 16"),
    ],
)
def test_unsound_images_are_rejected_with_a_reason(encoded, reason):
    with pytest.raises(RecordError, match=reason):
        IMAGE.decode(encode_record("image", encoded))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([1.0, 2.0], "2 float values"),
        ([1.0, np.nan, 2.0], "NaN or infinite"),
        ([1.0, np.inf, 2.0], "NaN or infinite"),
    ],
)
def test_unsound_vectors_are_rejected_with_a_reason(values, reason):
    with pytest.raises(RecordError, match=reason):
        VECTOR.decode(encode_record("x", np.array(values)))


def test_records_without_the_feature_or_the_label_are_rejected():
    with pytest.raises(RecordError, match="no feature 'image'"):
        IMAGE.decode(encode_record("picture", _png(_levels())))
    with pytest.raises(RecordError, match="0 labels"):
        LABELED.decode(encode_record("image", _png(_levels())))
    with pytest.raises(RecordError, match="not a serialized"):
        IMAGE.decode(b"\xff\xff\xff garbage")


def _palette(suffix: str, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(_levels()[..., 0]).convert("P").save(file, suffix, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    "encoded",
    [
        *(_png(np.zeros((4, 5, c), np.uint8)) for c in (1, 2, 3, 4)),
        _png(np.zeros((4, 5, 3), np.uint16)),
        _palette("PNG"),
        _palette("PNG", transparency=1),
        _palette("GIF"),
        _jpeg(),
        tf.io.encode_jpeg(np.zeros((4, 5, 3), np.uint8)).numpy(),
    ],
)
def test_the_shape_of_an_image_is_that_of_its_pixels(encoded):
    record = encode_record("image", encoded)
    assert image_shape(record) == tf.io.decode_image(encoded).shape[-3:]


@pytest.mark.parametrize("encoded", [b"", b"no image", _jpeg()[:10]])
def test_the_shape_of_something_else_is_an_error(encoded):
    with pytest.raises(RecordError, match="cannot be decoded as an image"):
        image_shape(encode_record("image", encoded))


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_an_image_of_another_size_is_refused_by_its_header(kind, monkeypatch):
    encode = tf.io.encode_png if kind == "png" else tf.io.encode_jpeg
    encoded = encode(np.zeros((40, 50, 1), np.uint8)).numpy()

    def refuse(*_, **__):
        raise AssertionError("decoded")

    monkeypatch.setattr(tf.io, "decode_image", refuse)
    with pytest.raises(RecordError, match=r"shape \(40, 50, 1\) instead of \(4, 5, 1"):
        IMAGE.decode(encode_record("image", encoded))
