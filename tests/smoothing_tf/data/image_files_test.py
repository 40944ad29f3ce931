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
        (IMAGES, np.full((2, 2), "1"), "of numbers; .* is an array of <U1"),
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
    with pytest.raises(
        FileNotFoundError, match="`--mask` must name a .npz file; .*m.npz does not"
    ):
        read_inpainting(tmp_path / "x.npz", tmp_path / "m.npz", SHAPE, 17)


def test_smoothed_images_of_uint8_are_scaled(tmp_path):
    images = np.array([0, 255, 51, 0], np.uint8).reshape(1, *SHAPE)
    np.savez(tmp_path / "x.npz", other=np.zeros(3), images=images)
    x_smoothed = read_smoothed(tmp_path / "x.npz", SHAPE)
    np.testing.assert_allclose(x_smoothed.ravel(), [-1, 1, -0.6, -1], atol=1e-6)


def _smoothed(directory, images, noise_scale=0.3, event_shape=(8, 8, 1)):
    np.savez(directory / "x.npz", images)
    return read_smoothed(directory / "x.npz", event_shape, noise_scale)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(
    "scale, message",
    [
        (1, r"values from 0.* to 0.99.* If they are on \[0, 1\], give 2 x - 1"),
        (16, r"If they are on \[0, 255\], give them as uint8"),
        (255, r"If they are on \[0, 255\], give them as uint8"),
        (-255, "must be on .* Convert them to that scale"),
    ],
)
def test_floats_on_another_scale_are_refused(tmp_path, dtype, scale, message):
    x = np.random.default_rng(0).random((3, 8, 8, 1))
    with pytest.raises(ValueError, match=message) as caught:
        _smoothed(tmp_path, (scale * x).astype(dtype))
    assert "\n" not in str(caught.value)
    # The advice works.
    if scale == 1:
        np.testing.assert_allclose(
            _smoothed(tmp_path, (2 * x - 1).astype(dtype)), 2 * x - 1, atol=2e-3
        )


def test_noised_images_are_not_mistaken_for_another_scale(tmp_path):
    rng = np.random.default_rng(0)
    for level, noise_scale in ((-1.0, 0.05), (0.0, 0.3), (1.0, 0.5), (1.0, 0.05)):
        x = level + noise_scale * rng.normal(size=(2, 8, 8, 1))
        read = _smoothed(tmp_path, x, noise_scale)
        np.testing.assert_allclose(read, x, atol=1e-6)


def test_data_without_levels_have_no_scale(tmp_path):
    np.savez(tmp_path / "x.npz", np.full((1, 2, 2, 1), 50.0))
    read = read_smoothed(tmp_path / "x.npz", (2, 2, 1), 0.1, has_levels=False)
    assert read.max() == 50.0


@pytest.mark.parametrize(
    "images, advice",
    [
        (np.ones((2, 8, 8, 1), bool), r"got bool\. Give 255 \* x\.astype"),
        (np.full((2, 8, 8, 1), 7, np.int64), r"int64\. Give x\.astype\(np\.uint8\)"),
        (np.full((2, 8, 8, 1), 900, np.uint16), r"uint16\. If they have 16 bits.*257"),
        (np.full((2, 8, 8, 1), 1j), r"got complex128\.$"),
        (
            np.zeros((2, 1, 8, 8)),
            r"got \[2, 1, 8, 8\]\. Put the channels last",
        ),
        (
            np.zeros((2, 8, 8)),
            r"got \[2, 8, 8\]\. Add the missing axes: x",
        ),
        (
            np.zeros((8, 8)),
            r"got \[8, 8\]\. Add the missing axes: x\[None",
        ),
        (np.zeros((8, 8, 1)), r"got \[8, 8, 1\]\. Give a single one as x\[None\]"),
        (np.zeros((2, 8, 8, 3)), r"images are grey: give one channel"),
        (np.zeros((2, 7, 8, 1)), r"got \[2, 7, 8, 1\]\.$"),
    ],
)
def test_the_error_says_how_to_bring_an_array_into_shape(tmp_path, images, advice):
    with pytest.raises(ValueError, match=advice):
        _smoothed(tmp_path, images)


def test_objects_are_refused(tmp_path):
    objects = np.array([None, "text"], object)
    np.savez(tmp_path / "x.npz", objects, allow_pickle=True)
    with pytest.raises(ValueError, match="must be a readable .npz file of numbers"):
        read_smoothed(tmp_path / "x.npz", (8, 8, 1))


@pytest.mark.parametrize(
    "images, advice",
    [
        (
            np.full((2, *SHAPE), 0.5),
            r"got float64\. If they are on \[0, 1\], give",
        ),
        (np.full((2, *SHAPE), 9.0), r"If they are on \[0, 255\], give np\.rint\(x\)"),
        (np.full((2, *SHAPE), -0.5), r"Give np\.rint\(127\.5 \* \(x \+ 1\)\)"),
    ],
)
def test_floats_to_inpaint_are_refused_with_advice(tmp_path, images, advice):
    with pytest.raises(ValueError, match=advice):
        read(tmp_path, images)
