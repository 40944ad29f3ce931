"""The panels have the orientation of the data."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from experiments.toys import figures, pictures

tfd = tfp.distributions

# The region is neither square nor centered on 0, and the density is off its center.
BOUNDS = [[-3.0, 3.0], [-1.0, 2.0]]
CENTER = [1.5, -0.4]


class Lopsided(tfd.MultivariateNormalDiag):
    def __init__(self):
        super().__init__(tf.constant(CENTER), [0.3, 0.1])


@pytest.fixture
def data(monkeypatch):
    monkeypatch.setitem(pictures.DENSITIES, "lopsided", Lopsided)
    return pictures.compute_data_arrays("lopsided", BOUNDS)


def test_columns_are_the_first_coordinate_and_rows_the_second(data):
    size = pictures.GRID_SIZE
    log_density = data["log_density"].reshape(size, size)
    row, column = np.unravel_index(np.argmax(log_density), log_density.shape)
    axes = [np.linspace(low, high, size) for low, high in BOUNDS]
    assert axes[0][column] == pytest.approx(CENTER[0], abs=0.02)
    assert axes[1][row] == pytest.approx(CENTER[1], abs=0.02)


def test_samples_and_density_lie_on_each_other(data, monkeypatch):
    monkeypatch.setattr(figures.style, "to_png", lambda figure: figure)
    figure = figures.draw_samples_and_densities(data, [("model", data)], BOUNDS)
    above, below = figure.axes[0], figure.axes[2]
    points = above.lines[0].get_xydata()
    np.testing.assert_allclose(points.mean(axis=0), CENTER, atol=0.02)
    (image,) = below.images
    array = np.asarray(image.get_array())
    left, right, bottom, top = image.get_extent()
    assert image.origin == "lower"
    assert [[left, right], [bottom, top]] == BOUNDS
    num_rows, num_columns = array.shape
    x = left + (right - left) * (np.arange(num_columns) + 0.5) / num_columns
    y = bottom + (top - bottom) * (np.arange(num_rows) + 0.5) / num_rows
    means = np.average(x, weights=array.sum(0)), np.average(y, weights=array.sum(1))
    np.testing.assert_allclose(means, CENTER, atol=0.02)
    for panel in (above, below):
        assert (*panel.get_xlim(), *panel.get_ylim()) == (-3.0, 3.0, -1.0, 2.0)
