"""Places select the values of tensors over whole images."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models.place import Place


@pytest.mark.parametrize("part", [0, 1])
def test_a_place_is_of_all_images_and_its_part(part):
    place = Place(tf.constant(2), tf.constant(3), part)
    whole = tf.reshape(tf.range(4 * 3 * 5 * 2 * 6), [4, 3, 5, 2, 6])
    np.testing.assert_array_equal(place.of(whole), whole[:, 2, 3, part])


def test_without_parts_there_are_channels_only():
    place = Place(tf.constant(2), tf.constant(3))
    whole = tf.reshape(tf.range(4 * 3 * 5 * 6), [4, 3, 5, 6])
    np.testing.assert_array_equal(place.of(whole), whole[:, 2, 3])
