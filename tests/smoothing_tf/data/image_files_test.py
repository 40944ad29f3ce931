"""Reading images and masks that a user gives."""

import numpy as np
import pytest

from smoothing_tf.data.image_files import read_inpainting, read_smoothed
from smoothing_tf.numerics import unit_to_uint8

SHAPE = (2, 2, 1)
MASK = np.array([[1, 0], [1, 1]])


def read(directory, images, mask=MASK, num_levels=17, event_shape=SHAPE):
    np.savez(directory / "x.npz", images)
    np.savez(directory / "m.npz", mask)
    return read_inpainting(
        directory / "x.npz", directory / "m.npz", event_shape, num_levels
    )


@pytest.mark.parametrize("num_levels", [2, 4, 17, 100, 256])
def test_known_pixels_are_had_back_exactly(tmp_path, num_levels):
    levels = np.linspace(0, min(num_levels, 256) - 1, 64).astype(int)
    scale = 255 / (min(num_levels, 256) - 1)
    images = np.rint(levels * scale).astype(np.uint8).reshape(16, *SHAPE)
    unit, mask = read(tmp_path, images, num_levels=num_levels)
    assert unit.dtype == np.float32
    np.testing.assert_array_equal(mask, MASK == 1)
    back = unit_to_uint8(unit, num_levels).numpy()
    np.testing.assert_array_equal(back[:, mask], images[:, mask])


def test_missing_pixels_may_hold_anything(tmp_path):
    images = np.full((1, *SHAPE), 255, np.uint8)
    images[0, 0, 1] = 3
    unit, _ = read(tmp_path, images)
    np.testing.assert_array_equal(unit[0, ..., 0], [[1, 0], [1, 1]])
    vectors = np.array([[0.5, np.nan]])
    x, mask = read(tmp_path, vectors, np.array([[True, False]]), None, (2,))
    np.testing.assert_array_equal(x, [[0.5, 0.0]])
    assert mask.shape == (1, 2)


IMAGES = np.zeros((2, *SHAPE), np.uint8)


@pytest.mark.parametrize(
    "images, mask, message",
    [
        (IMAGES + np.uint8(5), MASK, r"17 levels .* 0, 16, 32, .*, 255; got 5"),
        (np.zeros((2, *SHAPE)), MASK, "must be uint8 images; got float64"),
        (IMAGES[:, :1], MASK, r"\[n, 2, 2, 1\]; got \[2, 1, 2, 1\]"),
        (IMAGES, MASK[:1], r"shape \[2, 2\], or \[2, 2, 2\] .*; got \[1, 2\]"),
        (IMAGES, 255 * MASK, "must hold 1 where a pixel is known and 0 .*; got 255"),
        (IMAGES, MASK / 2, "got 0.5"),
        (IMAGES, np.full((2, 2), "1"), "must hold 1 where"),
    ],
)
def test_what_does_not_fit_is_rejected(tmp_path, images, mask, message):
    with pytest.raises(ValueError, match=message):
        read(tmp_path, images, mask)


# 1e300 is infinite as float32.
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_what_is_not_finite_is_rejected_where_it_is_known(tmp_path, value):
    vectors, mask = np.array([[value, 0.0]]), np.array([1, 0])
    with pytest.raises(ValueError, match="got float64 with NaN or infinity"):
        read(tmp_path, vectors, mask, None, (2,))
    with pytest.raises(ValueError, match="got float64 with NaN or infinity"):
        read_smoothed(tmp_path / "x.npz", (2,))
    x, _ = read(tmp_path, vectors, 1 - mask, None, (2,))
    np.testing.assert_array_equal(x, [[0.0, 0.0]])


def test_a_missing_file_is_named(tmp_path):
    np.savez(tmp_path / "x.npz", IMAGES)
    with pytest.raises(FileNotFoundError, match="m.npz; --mask names a .npz file"):
        read_inpainting(tmp_path / "x.npz", tmp_path / "m.npz", SHAPE, 17)


def test_smoothed_images_of_uint8_are_scaled(tmp_path):
    images = np.array([0, 255, 51, 0], np.uint8).reshape(1, *SHAPE)
    np.savez(tmp_path / "x.npz", other=np.zeros(3), images=images)
    x_smoothed = read_smoothed(tmp_path / "x.npz", SHAPE)
    np.testing.assert_allclose(x_smoothed.ravel(), [-1, 1, -0.6, -1], atol=1e-6)
