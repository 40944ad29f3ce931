"""Tests of color profiles and gamma."""

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from smoothing_tf.data.picture_file import open_picture

COLOR = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _swapped_profile() -> bytes:
    """A profile of sRGB whose red is what is green in sRGB, and vice versa."""
    profile = bytearray(SRGB)
    places = {}
    for i in range(int.from_bytes(profile[128:132], "big")):
        entry = 132 + 12 * i
        places[bytes(profile[entry : entry + 4])] = entry + 4
    red, green = places[b"rXYZ"], places[b"gXYZ"]
    profile[red : red + 8], profile[green : green + 8] = (
        profile[green : green + 8],
        profile[red : red + 8],
    )
    return bytes(profile)


def _read(path, num_channels=3):
    with open_picture(path) as picture:
        return picture.pixels(num_channels)


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_a_profile_is_applied(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    profile = _swapped_profile()
    Image.fromarray(COLOR).save(path, icc_profile=profile, lossless=True)
    shown = _read(path).astype(int)
    assert np.abs(shown - COLOR[..., [1, 0, 2]]).max() <= 2
    assert np.abs(shown - COLOR).max() > 50


def test_a_profile_leaves_transparent_pixels_white(tmp_path):
    alpha = np.where(np.arange(48).reshape(6, 8) % 2, 255, 0).astype(np.uint8)
    image = Image.fromarray(np.dstack([COLOR, alpha]))
    image.save(tmp_path / "x.png", icc_profile=_swapped_profile())
    shown = _read(tmp_path / "x.png").astype(int)
    assert np.all(shown[alpha == 0] == 255)
    assert np.abs(shown - COLOR[..., [1, 0, 2]])[alpha == 255].max() <= 2


@pytest.mark.parametrize("profile", [SRGB, b"", b"no profile", SRGB[:200]])
def test_other_profiles_change_no_value(tmp_path, profile):
    path = tmp_path / "x.png"
    Image.fromarray(COLOR).save(path, icc_profile=profile)
    np.testing.assert_array_equal(_read(path), COLOR)
    grey = COLOR[..., 0]
    Image.fromarray(grey).save(path, icc_profile=profile)
    np.testing.assert_array_equal(_read(path, 1)[..., 0], grey)


def _save_gamma(path, image, gamma, *more):
    info = PngImagePlugin.PngInfo()
    info.add(b"gAMA", round(100_000 * gamma).to_bytes(4, "big"))
    for kind, content in more:
        info.add(kind, content)
    Image.fromarray(image).save(path, pnginfo=info)


def test_gamma_is_applied(tmp_path):
    path = tmp_path / "x.png"
    for image in (COLOR, COLOR[..., 0]):
        _save_gamma(path, image, 1.0)
        expected = np.rint(255 * (image / 255) ** (1 / 2.2))
        found = _read(path, 3 if image.ndim == 3 else 1)
        np.testing.assert_array_equal(found, expected.reshape(found.shape))


def test_the_usual_gamma_changes_no_value(tmp_path):
    _save_gamma(tmp_path / "x.png", COLOR, 0.45455)
    np.testing.assert_array_equal(_read(tmp_path / "x.png"), COLOR)
    _save_gamma(tmp_path / "x.png", COLOR, 1.0, (b"sRGB", b"\0"))
    np.testing.assert_array_equal(_read(tmp_path / "x.png"), COLOR)
