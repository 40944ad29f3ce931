"""The plot of Frechet distances against the number of images."""

import io
from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from smoothing_tf.sampling.plot_style import BLUE, VERMILION, style_axes

_WIDTH, _HEIGHT = 2.9, 2.7


def distance_figure(metrics: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Plots distances against n, and their extrapolation to infinite n.

    The axis is linear in 1/n, so that the fitted line is straight.

    Args:
      metrics: kind of samples -> metric `fd_infinity` with a value; at least one.

    Returns:
      An SVG with one plot for each kind.
    """
    figure = Figure(figsize=(_WIDTH * len(metrics), _HEIGHT), layout="constrained")
    plots = figure.subplots(1, len(metrics), squeeze=False)[0]
    for axes, (kind, metric) in zip(plots, metrics.items(), strict=True):
        line = metric["line"]
        inverse = 1.0 / np.array(line["shares"])
        axes.plot(
            [0.0, inverse.max()],
            [metric["value"], metric["value"] + line["slope"] * inverse.max()],
            color=BLUE,
            linewidth=1.1,
        )
        axes.plot(inverse, line["distances"], "o", color=BLUE, markersize=4.0)
        axes.errorbar(
            [0.0],
            [metric["value"]],
            [metric["se"]],
            fmt="s",
            color=VERMILION,
            markersize=4.5,
            capsize=3.0,
        )
        # The largest three shares lie next to each other: one of them is labeled.
        ticks = [0.0, inverse[0], inverse[-1]]
        counts = [round(metric["n"] / tick) for tick in ticks[1:]]
        axes.set_xticks(ticks, ["∞", *(f"{count:,}" for count in counts)])
        axes.set_xlabel("images n, linear in 1/n")
        axes.set_title(kind, loc="left", fontweight="bold")
        style_axes(axes)
    plots[0].set_ylabel("Fréchet distance")
    buffer = io.BytesIO()
    # A fixed salt and no date: the same distances give the same bytes.
    with matplotlib.rc_context({"svg.hashsalt": "smoothing_tf"}):
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    return buffer.getvalue()
