"""Figures of the experiments in the plane."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.report import style

_NUM_POINTS = 4000
# The brightest color is this quantile of the data's density over the points where it
# is not negligible. With the maximum, a thin ridge would leave everything else black.
_BRIGHTEST = 0.9
_NUM_ARROWS = 90


@style.apply()
def draw_samples_and_densities(
    data: Mapping[str, np.ndarray],
    models: Sequence[tuple[str, Mapping[str, np.ndarray]]],
    bounds: list[list[float]],
) -> bytes:
    """Draws two rows of panels, samples above densities.

    Args:
      data: "samples" [n, 2] and "log_density" on the grid, of the data.
      models: (label, arrays of the model's cell) of each column after the data's.
      bounds: [low, high] of each coordinate.

    Returns:
      PNG. All panels share the scale of lengths, and all densities that of colors.
    """
    columns = [("data", data), *models]
    (left, right), (bottom, top) = bounds
    # The panels leave an inch for labels and color bar; a few need not fill the page.
    width = min(1.7, (style.PAGE_WIDTH - 1.0) / len(columns))
    height = width * (top - bottom) / (right - left)
    figure = Figure(
        figsize=(width * len(columns) + 1.0, 2 * height + 0.8), layout="compressed"
    )
    axes = figure.subplots(2, len(columns), sharex=True, sharey=True)
    truth = np.exp(data["log_density"])
    brightest = np.quantile(truth[truth > 1e-3 * truth.max()], _BRIGHTEST)
    for column, (label, arrays) in enumerate(columns):
        above, below = axes[:, column]
        above.set_title(textwrap.fill(label, round(11 * width)))
        _scatter(above, arrays["samples"], style.BLUE)
        size = round(np.sqrt(arrays["log_density"].size))
        picture = below.imshow(
            np.exp(arrays["log_density"]).reshape(size, size),
            extent=(left, right, bottom, top),
            origin="lower",
            cmap=style.DENSITY_COLORS,
            vmin=0.0,
            vmax=brightest,
        )
        for panel in (above, below):
            panel.set_xlim(left, right)
            panel.set_ylim(bottom, top)
            panel.set_aspect("equal")
            panel.xaxis.set_major_locator(MaxNLocator(5, integer=True, prune="both"))
            panel.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        below.set_xlabel("$x_1$")
    axes[0, 0].set_ylabel("samples\n$x_2$")
    axes[1, 0].set_ylabel("density\n$x_2$")
    bar = figure.colorbar(
        picture, ax=axes, extend="max", pad=0.01, shrink=0.45, anchor=(0.0, 0.05)
    )
    bar.set_label("per unit area")
    return style.to_png(figure)


@style.apply()
def draw_denoising(
    arrays: Mapping[str, np.ndarray],
    distances: Mapping[str, float],
    data_samples: np.ndarray,
    bounds: list[list[float]],
    *,
    num_arrows: int = _NUM_ARROWS,
) -> bytes:
    """Draws arrows from x~ to its denoised points and to the posterior mean.

    The figure shows one quadrant, because the arrows are too short in the whole plane.

    Args:
      arrays: "arrow_start", "arrow_posterior_mean", "arrow_exact" and
        "arrow_truncated", each [n, 2].
      distances: root mean squared distance of each estimate to the posterior mean.
      data_samples: samples of the data for the background, [n, 2].
      bounds: [low, high] of each coordinate; the quadrant reaches from 0 to the highs.
      num_arrows: number of arrows in each panel.

    Returns:
      PNG of three panels of one scale.
    """
    panels = (
        ("posterior_mean", "exact posterior mean $E[x|\\tilde x]$"),
        ("exact", "single step, exact gradient"),
        ("truncated", "single step, truncated gradient"),
    )
    figure = Figure(figsize=(style.PAGE_WIDTH, 2.9))
    axes = figure.subplots(1, len(panels), sharex=True, sharey=True)
    limits = np.array(bounds)[:, 1]
    start = arrays["arrow_start"]
    shown = np.flatnonzero(np.all((start > 0.0) & (start < limits), axis=-1))
    shown = shown[:num_arrows]
    start, mean = start[shown], arrays["arrow_posterior_mean"][shown]
    for panel, (name, label) in zip(axes, panels, strict=True):
        _scatter(panel, data_samples, style.GREY)
        panel.quiver(
            *start.T,
            *(arrays[f"arrow_{name}"][shown] - start).T,
            angles="xy",
            scale_units="xy",
            scale=1.0,
            width=0.006,
            headwidth=4.0,
            minlength=0.0,
            color=style.BLUE if name == "posterior_mean" else style.VERMILLION,
        )
        if name in distances:
            label += f"\nRMS distance to $E[x|\\tilde x]$: {distances[name]:.3f}"
            panel.plot(
                *mean.T,
                "o",
                markerfacecolor="none",
                markeredgecolor=style.BLUE,
                markeredgewidth=0.6,
            )
        panel.set_title(label)
        panel.set_xlim(0.0, limits[0])
        panel.set_ylim(0.0, limits[1])
        panel.set_aspect("equal")
        panel.set_xlabel("$x_1$")
    axes[0].set_ylabel("$x_2$")
    return style.to_png(figure)


def _scatter(panel: Axes, points: np.ndarray, color: str) -> None:
    panel.plot(
        *points[:_NUM_POINTS].T,
        "o",
        color=color,
        markersize=0.7,
        markeredgewidth=0.0,
        alpha=0.7,
    )
