"""Tests of showing images of any number of channels."""

import numpy as np
import pytest

from smoothing_tf.data.channels import describe_channels, show_channels


def _images(num_channels: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (2, 3, 4, num_channels), dtype=np.uint8)


@pytest.mark.parametrize("num_channels", [1, 3])
def test_grey_and_color_images_are_shown_as_they_are(num_channels):
    images = _images(num_channels)
    assert show_channels(images) is images
    assert describe_channels(num_channels) is None


@pytest.mark.parametrize("num_channels", [2, 4, 8])
def test_other_channels_stand_side_by_side(num_channels):
    images = _images(num_channels)
    shown = show_channels(images)
    assert shown.shape == (2, 3, 5 * num_channels - 1, 1)
    for channel in range(num_channels):
        left = 5 * channel
        np.testing.assert_array_equal(
            shown[:, :, left : left + 4, 0], images[..., channel]
        )
    assert np.all(shown[:, :, 4::5] == 255)
    assert f"{num_channels} channels" in describe_channels(num_channels)


def test_of_very_many_channels_the_first_are_shown():
    assert show_channels(_images(50)).shape == (2, 3, 39, 1)
    assert "the first 8 of the channels" in describe_channels(50)
