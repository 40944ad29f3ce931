import io

import numpy as np
import pytest
from PIL import Image

from smoothing_tf.sampling.pictures import (
    image_grid,
    labeled_columns,
    png_bytes,
    write_png,
)


def _images(n, shape=(8, 8, 1)):
    rng = np.random.Generator(np.random.PCG64(0))
    return rng.integers(0, 256, (n, *shape), dtype=np.uint8)


def test_grid_places_every_image_enlarged_without_interpolation():
    images = _images(5)
    grid = image_grid(images, 3, scale=2, gap=1)
    assert grid.shape == (2 * 17 + 1, 3 * 17 + 1, 1)
    for position, image in enumerate(images):
        top, left = 1 + position // 3 * 17, 1 + position % 3 * 17
        np.testing.assert_array_equal(
            grid[top : top + 16 : 2, left : left + 16 : 2], image
        )
        np.testing.assert_array_equal(
            grid[top + 1 : top + 16 : 2, left + 1 : left + 17 : 2], image
        )
    assert np.all(grid[18:, 35:] == 255)


def test_small_images_are_enlarged_to_a_legible_size():
    assert image_grid(_images(1), 1, gap=0).shape == (40, 40, 1)
    assert image_grid(_images(1, (64, 64, 3)), 1, gap=0).shape == (64, 64, 3)


def test_png_keeps_every_pixel(tmp_path):
    picture = _images(1, (6, 7, 3))[0]
    write_png(tmp_path / "samples" / "a.png", picture)
    read = np.asarray(Image.open(tmp_path / "samples" / "a.png"))
    np.testing.assert_array_equal(read, picture)
    grey = _images(1)[0]
    read = np.asarray(Image.open(io.BytesIO(png_bytes(grey))))
    np.testing.assert_array_equal(read, np.repeat(grey, 3, axis=-1))


def test_labeled_columns_hold_the_grids_side_by_side():
    groups = {"real": _images(9), "p(x̃)": _images(9), "few": _images(2)}
    picture = labeled_columns(groups, columns=3, num_images=6)
    grid = image_grid(_images(6), 3)
    assert picture.dtype == np.uint8
    for column in (0, 1):
        left = 12 + column * (grid.shape[1] + 12)
        window = picture[26 : 26 + grid.shape[0], left : left + grid.shape[1]]
        np.testing.assert_array_equal(window, np.repeat(grid, 3, axis=-1))
    assert picture[:26].min() < 128, "no label was drawn"


def test_wrong_images_are_rejected():
    with pytest.raises(TypeError, match="must be uint8"):
        image_grid(np.zeros((1, 2, 2, 1)), 1)
    with pytest.raises(ValueError, match="must have shape"):
        image_grid(np.zeros((2, 2, 1), np.uint8), 1)
    with pytest.raises(ValueError, match="`columns`"):
        image_grid(_images(1), 0)
