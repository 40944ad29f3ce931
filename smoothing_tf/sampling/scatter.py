"""Clouds of points side by side."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from smoothing_tf.data.subsets import subset_indices
from smoothing_tf.sampling.plot_style import BLUE, style_axes


def scatter_columns(
    groups: Mapping[str, np.ndarray],
    *,
    axis_names: Sequence[str] | None = None,
    title: str | None = None,
    max_points: int = 5000,
):
    """Plots clouds of points side by side, second against first coordinate.

    Args:
      groups: label -> [n, d], d of at least 2 (d of 1: a histogram).
      axis_names: names of the coordinates, such as the columns of a table; None for
        x1 and x2.
      title: text above all clouds, or None.
      max_points: largest number of points drawn of each group, a random subset; equally
        many of every group, so that they can be compared. Groups of equal size show the
        same rows.

    Returns:
      uint8 [height, width, 3], axes in the data's own unit and shared.
    """
    number = min(max_points, *map(len, groups.values()))
    groups = {
        label: points[np.sort(subset_indices(len(points), number))]
        for label, points in groups.items()
    }
    columns = min(len(groups), 4)
    rows = math.ceil(len(groups) / columns)
    names = axis_names or ("x1", "x2")
    figure = Figure(figsize=(3.0 * columns, 3.1 * rows), dpi=130, layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    everything = np.concatenate(list(groups.values()))
    low, high = np.quantile(everything, [0.001, 0.999], axis=0).astype(np.float64)
    # A single point needs a margin too, also far from 0.
    margin = 0.1 * (high - low) + 1e-9 * np.abs(high) + 1e-12
    low, high = low - margin, high + margin
    for axes, (label, points) in zip(panels, groups.items()):
        # A dollar sign in a name begins no formula.
        axes.set_title(label, parse_math=False)
        axes.set_xlim(low[0], high[0])
        axes.set_xlabel(names[0], parse_math=False)
        if points.shape[1] == 1:
            edges = np.linspace(low[0], high[0], 101)
            axes.hist(points[:, 0], edges, density=True, color=BLUE)
            axes.set_ylabel("density")
        else:
            axes.scatter(points[:, 0], points[:, 1], s=2, alpha=0.4, lw=0, color=BLUE)
            axes.set_ylim(low[1], high[1])
            axes.set_ylabel(names[1], parse_math=False)
        style_axes(axes)
    for axes in panels[len(groups) :]:
        axes.set_visible(False)
    if title is not None:
        figure.suptitle(title)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
