"""Pictures of any size become examples, and painted pixels are missing."""

import numpy as np
import pytest

from smoothing_tf.serving.demo.uploads import enlarge, fit_picture, known_pixels


@pytest.mark.parametrize("event_shape", [(8, 8, 1), (5, 7, 1), (32, 32, 3), (3, 3, 3)])
@pytest.mark.parametrize("num_levels", [2, 17, 256])
def test_an_enlarged_image_becomes_that_image_again(event_shape, num_levels):
    levels = np.random.default_rng(3).integers(0, num_levels, event_shape)
    image = np.round(255 * levels / (num_levels - 1)).astype(np.uint8)
    large = enlarge(image)
    assert min(large.shape[:2]) >= 320 and large.shape[-1] == 3
    np.testing.assert_array_equal(fit_picture(large, event_shape, num_levels), image)


def test_any_picture_is_cropped_in_the_middle_and_rounded_to_the_levels():
    picture = np.zeros((40, 100, 3), np.uint8)
    picture[:, 30:70] = 200  # The square in the middle.
    image = fit_picture(picture, (4, 4, 1), 3)
    assert image.shape == (4, 4, 1)
    assert np.unique(image).tolist() == [255]  # 200 is closer to 255 than to 128.
    grey = fit_picture(picture[..., 0], (2, 2, 3), 256)
    np.testing.assert_array_equal(grey, np.full((2, 2, 3), 200))
    opaque = np.full((40, 100, 1), 255, np.uint8)
    with_alpha = np.concatenate([picture, opaque], axis=-1)
    np.testing.assert_array_equal(fit_picture(with_alpha, (4, 4, 1), 3), image)
    with_alpha[..., 3] = 0
    assert np.all(fit_picture(with_alpha, (4, 4, 1), 3) == 255)


def test_a_pixel_is_missing_if_half_of_it_is_painted_over():
    paint = np.zeros((40, 40), bool)
    paint[:5, :10] = True  # Half of the first pixel.
    paint[10:14, :10] = True  # Less than half of the one below.
    known = known_pixels(paint, (4, 4, 1))
    assert known.dtype == np.uint8
    expected = np.ones((4, 4), np.uint8)
    expected[0, 0] = 0
    np.testing.assert_array_equal(known, expected)
