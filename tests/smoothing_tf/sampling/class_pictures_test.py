"""A row of samples per class."""

import numpy as np

from smoothing_tf.models.classes import Classes
from smoothing_tf.sampling.class_pictures import picture_classes

CLASSES = Classes(("cat", "dog", "owl"))


def test_the_rows_are_the_classes_in_order():
    labels = np.array([2, 0, 2, 0, 2])
    images = np.zeros((5, 40, 40, 1), np.uint8)
    images[labels == 2] = 200
    picture = picture_classes({"samples": images}, labels, CLASSES)
    # The last column of images that both rows have: black above, light below.
    column = picture[:, -30 - 44, 0]
    below = column[26:]
    rows = [below[44 * row + 24] for row in range(2)]
    assert rows == [0, 200]
    assert picture.dtype == np.uint8 and picture.shape[-1] == 3
    # The third image of class "cat" is missing.
    assert picture[26 + 24, -20, 0] == 255


def test_only_labeled_images_are_shown():
    images = np.zeros((2, 4, 4, 1), np.uint8)
    assert picture_classes({"samples": images}, None, CLASSES) is None
    assert picture_classes({}, np.zeros(2, int), CLASSES) is None
    vectors = {"samples": np.zeros((2, 3), np.float32)}
    assert picture_classes(vectors, np.zeros(2, int), CLASSES) is None
