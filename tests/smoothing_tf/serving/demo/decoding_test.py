"""Files become colors, whatever their format."""

import numpy as np
import pytest
from PIL import Image

from smoothing_tf.serving.demo import decoding
from smoothing_tf.serving.demo.decoding import put_on_white, read_picture

_GREYS = np.arange(0, 240, 10, np.uint8).reshape(4, 6)


@pytest.fixture
def path(tmp_path):
    """A file without an extension, as its content decides on the format."""
    return tmp_path / "picture"


def _check_greys(path, expected=_GREYS):
    picture = read_picture(path)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, np.repeat(expected[..., None], 3, axis=-1))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "BMP"])
def test_a_palette_is_looked_up(path, kind):
    image = Image.fromarray(255 - _GREYS).convert("P")
    # The indices are not the greys.
    image.putpalette(np.arange(255, -1, -1, np.uint8).repeat(3).tobytes())
    image.putdata((255 - np.asarray(_GREYS)).ravel().tolist())
    image.save(path, kind)
    _check_greys(path)


def test_a_transparent_ground_is_white(path):
    alpha = np.where(_GREYS < 100, 255, 0).astype(np.uint8)
    picture = np.stack([np.zeros_like(_GREYS)] * 3 + [alpha], axis=-1)
    Image.fromarray(picture).save(path, "PNG")
    _check_greys(path, 255 - alpha)


def test_greys_of_16_bits_are_scaled(path):
    Image.fromarray(_GREYS.astype(np.uint16) * 257).save(path, "PNG")
    _check_greys(path)


def test_a_photo_is_turned_as_it_states(path):
    exif = Image.Exif()
    exif[0x0112] = 6  # A quarter to the left.
    Image.fromarray(_GREYS).save(path, "PNG", exif=exif)
    _check_greys(path, np.rot90(_GREYS, -1))


def test_what_is_no_picture_is_refused(path):
    Image.fromarray(_GREYS).save(path, "PNG")
    content = path.read_bytes()
    for damaged in (b"", b"<svg/>", content[:50], content[:-30]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="cannot be read as a picture"):
            read_picture(path)


def test_floats_are_refused(path):
    image = Image.fromarray(_GREYS.astype(np.float32))
    image.save(path, "TIFF")
    with pytest.raises(ValueError, match="holds floats, .* Save it with 8 or 16 bits"):
        read_picture(path)
    with pytest.raises(ValueError, match="holds floats, and the file does not say"):
        put_on_white(image)


@pytest.mark.parametrize(("limit", "of_pillow"), [(2e-5, None), (1, 10), (2e-5, 20)])
def test_a_picture_with_too_many_pixels_is_not_decoded(
    path, limit, of_pillow, monkeypatch
):
    Image.fromarray(_GREYS).save(path, "PNG")
    monkeypatch.setattr(decoding, "_MAX_MEGAPIXELS", limit)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", of_pillow)
    with pytest.raises(ValueError, match="Make it smaller"):
        read_picture(path)
