"""Biases of classes."""

import numpy as np
import tensorflow as tf

from smoothing_tf.layers import ClassBias, make_class_bias, over_pixels


def test_each_image_gets_the_row_of_its_class():
    layer = ClassBias(3, 4)
    layer.initialize(tf.constant([1, 2]))
    bias = layer(tf.one_hot([2, 0, 2], 3))
    np.testing.assert_array_equal(bias, layer.table.numpy()[[2, 0, 2]])
    assert len(np.unique(layer.table)) == 12


def test_it_has_the_published_spread():
    layer = ClassBias(100, 100)
    layer.initialize(tf.constant([1, 2]))
    assert abs(np.std(layer.table) - 0.05) < 0.001


def test_a_network_without_classes_has_none():
    assert make_class_bias(None, 4) is None
    assert over_pixels(tf.zeros([4])).shape == (4,)
    assert over_pixels(tf.zeros([2, 4])).shape == (2, 1, 1, 4)
