"""A row of images, or a cloud of points, per class."""

import numpy as np
from matplotlib.axes import Axes

from smoothing_tf.sampling.class_pictures import picture_classes
from tests.testing.class_models import class_trained

TRAINED = class_trained()


def test_the_rows_are_the_classes_in_order():
    labels = np.array([2, 0, 2, 0, 2])
    images = np.zeros((5, 40, 40, 1), np.uint8)
    images[labels == 2] = 200
    picture = picture_classes(TRAINED, {"samples": images}, labels)
    # The last column of images that both rows have: black above, light below.
    column = picture[:, -30 - 44, 0]
    below = column[26:]
    rows = [below[44 * row + 24] for row in range(2)]
    assert rows == [0, 200]
    assert picture.dtype == np.uint8 and picture.shape[-1] == 3
    # The third image of class "low" is missing.
    assert picture[26 + 24, -20, 0] == 255


def test_only_labeled_images_are_shown():
    images = np.zeros((2, 4, 4, 1), np.uint8)
    assert picture_classes(TRAINED, {"samples": images}, None) is None
    assert picture_classes(TRAINED, {}, np.zeros(2, int)) is None
    volumes = {"samples": np.zeros((2, 3, 3), np.float32)}
    assert picture_classes(TRAINED, volumes, np.zeros(2, int)) is None


def test_vectors_are_a_cloud_per_class(monkeypatch):
    shown = {}
    scatter = Axes.scatter

    def record(self, x, y, **kwargs):
        axes = (self.get_title(), self.get_xlabel())
        shown[axes] = np.stack([x, y], axis=1)
        return scatter(self, x, y, **kwargs)

    monkeypatch.setattr(Axes, "scatter", record)
    labels = np.array([2, 0, 2, 0, 2, 0])
    points = np.random.default_rng(0).normal(labels[:, None], 0.1, (6, 3))
    columns = ("cost in $", "in $", "c")
    picture = picture_classes(TRAINED, {"samples": points}, labels, columns)
    assert picture.dtype == np.uint8 and picture.shape[-1] == 3
    assert list(shown) == [("low", "cost in $"), ("high", "cost in $")]
    for label, found in zip((0, 2), shown.values()):
        expected = points[labels == label][:, :2]
        np.testing.assert_array_equal(np.sort(found[:, 0]), np.sort(expected[:, 0]))


def test_only_kinds_that_are_drawn_for_the_class_are_shown():
    labels = np.arange(2)
    values = {"samples": 10, "single_step": 20, "smoothed": 30, "baseline": 200}
    samples = {
        kind: np.full((2, 40, 40, 1), value, np.uint8) for kind, value in values.items()
    }

    def shown(trained):
        picture = picture_classes(trained, samples, labels)
        if picture is None:
            return None
        # Two images of 40x40 pixels; letters have fewer pixels of one value.
        counts = {value: np.sum(picture[..., 0] == value) for value in values.values()}
        (shown,) = [value for value, count in counts.items() if count >= 2 * 40 * 40]
        return shown

    assert shown(class_trained()) == 10
    assert shown(class_trained(smoothed=None)) == 10
    assert shown(class_trained(reverse=None)) == 10
    assert shown(class_trained(None, None, baseline=True)) == 200
    assert shown(class_trained(None, None)) is None
    del samples["samples"]
    assert shown(class_trained()) == 20
    assert shown(class_trained(smoothed=None)) is None
