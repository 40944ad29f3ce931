"""Views of images: what they read, and that they copy nothing else."""

import numpy as np
import pytest

from smoothing_tf.data.image_view import ImageView
from smoothing_tf.numerics import levels_to_unit, unit_to_uint8


def _levels(num_levels, dtype=np.uint8, n=12):
    rng = np.random.default_rng(0)
    return rng.integers(num_levels, size=(n, 3, 4, 2)).astype(dtype)


@pytest.mark.parametrize(
    ("num_levels", "dtype"),
    [(2, np.uint8), (17, np.uint8), (256, np.uint8), (300, np.uint16)],
)
def test_levels_are_read_as_grey_levels(num_levels, dtype):
    levels = _levels(num_levels, dtype)
    view = ImageView(levels, num_levels)
    unit = levels_to_unit(levels, num_levels)
    expected = unit_to_uint8(unit, num_levels).numpy()
    np.testing.assert_array_equal(view, expected, strict=True)
    np.testing.assert_array_equal(view[3:7], expected[3:7], strict=True)
    rows = np.array([5, 0, 5])
    np.testing.assert_array_equal(view[rows], expected[rows], strict=True)
    assert (len(view), view.shape, view.ndim) == (12, levels.shape, 4)
    assert view.dtype == np.uint8


def test_a_selection_of_a_selection_reads_the_same_images():
    levels = _levels(17)
    first, second = np.array([9, 3, 7, 1]), np.array([2, 0])
    selected = ImageView(levels, 17).select(first).select(second)
    assert len(selected) == 2 and selected.shape == (2, 3, 4, 2)
    np.testing.assert_array_equal(selected, ImageView(levels, 17)[first[second]])
    np.testing.assert_array_equal(selected[1:], ImageView(levels, 17)[first[:1]])


def test_eight_bit_images_are_not_copied():
    levels = _levels(256)
    assert np.shares_memory(ImageView(levels)[:], levels)
