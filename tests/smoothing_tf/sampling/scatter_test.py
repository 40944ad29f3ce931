import numpy as np
import pytest
from matplotlib.axes import Axes

from smoothing_tf.sampling import scatter
from smoothing_tf.sampling.scatter import scatter_columns


def test_clouds_of_points_are_a_picture():
    rng = np.random.Generator(np.random.PCG64(0))
    groups = {name: rng.normal(size=(50, 2)) for name in ("real", "a", "b", "c", "d")}
    picture = scatter_columns(groups)
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.min() < 100 < picture.max()


def test_one_coordinate_is_a_histogram():
    rng = np.random.Generator(np.random.PCG64(0))
    assert scatter_columns({"real": rng.normal(size=(50, 1))}).min() < 100


def test_points_of_a_sorted_split_are_a_random_subset(monkeypatch):
    shown = []
    draw = Axes.scatter

    def record(self, x, y, **kwargs):
        shown.append(np.stack([x, y], axis=1))
        return draw(self, x, y, **kwargs)

    monkeypatch.setattr(Axes, "scatter", record)
    line = np.linspace(0.0, 1.0, 1000)
    real = np.stack([line, line], axis=1)
    scatter_columns({"real": real, "moved": real + 5.0, "few": real[:100]})
    points, moved, few = shown
    assert len(points) == len(moved) == len(few) == 100
    # A subset of 100 of a uniform distribution: standard deviation of the mean .029.
    assert abs(points[:, 0].mean() - 0.5) < 4.5 * 0.029
    # Groups of one size are shown at the same places.
    np.testing.assert_array_equal(moved, points + 5.0)
    scatter_columns({"real": real}, max_points=50)
    assert set(shown[-1][:, 0]) < set(points[:, 0])


@pytest.mark.parametrize(
    "names, expected",
    [(None, ("x1", "x2")), (("cost in $", "x_1 in $", "c"), ("cost in $", "x_1 in $"))],
)
def test_the_axes_have_the_names_of_the_columns(monkeypatch, names, expected):
    figures = []
    make = scatter.Figure
    monkeypatch.setattr(
        scatter, "Figure", lambda **kw: figures.append(make(**kw)) or figures[-1]
    )
    points = np.random.default_rng(0).normal(size=(20, 3))
    scatter_columns({"a": points, "b": points}, axis_names=names)
    scatter_columns({"a": points[:, :1]}, axis_names=names)
    for axes in figures[0].axes:
        assert (axes.get_xlabel(), axes.get_ylabel()) == expected
    (axes,) = figures[1].axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == (expected[0], "density")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.0, 1e5, -1e9])
def test_a_single_point_anywhere_is_shown(dtype, value):
    picture = scatter_columns({"one": np.full((1, 2), value, dtype)})
    assert picture.dtype == np.uint8
