"""Figures of the experiments in the plane."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from smoothing_tf.experiments import style

_NUM_POINTS = 4000
# Densities are shown up to this quantile of the data's own, over the points where it
# is not next to nothing: a thin ridge would leave all else black.
_BRIGHTEST = 0.9


def samples_and_densities(
    data: Mapping[str, np.ndarray],
    models: Sequence[tuple[str, Mapping[str, np.ndarray]]],
    bounds: list[list[float]],
) -> bytes:
    """Two rows of panels: samples above, the density below.

    Args:
      data: "samples" [n, 2] and "log_density" on the grid of the data.
      models: (label, arrays of its cell) of each column after the data's.
      bounds: [low, high] of each coordinate.

    Returns:
      PNG. All panels have one scale of lengths, the lower ones one of colours.
    """
    columns = [("data", data), *models]
    (left, right), (bottom, top) = bounds
    width = 1.55
    height = width * (top - bottom) / (right - left)
    figure = Figure(
        figsize=(width * len(columns) + 0.9, 2 * height + 0.7), layout="constrained"
    )
    axes = figure.subplots(2, len(columns), sharex=True, sharey=True)
    truth = np.exp(data["log_density"])
    brightest = np.quantile(truth[truth > 1e-3 * truth.max()], _BRIGHTEST)
    for column, (label, arrays) in enumerate(columns):
        above, below = axes[:, column]
        above.set_title(label, fontsize=8)
        points = arrays["samples"][:_NUM_POINTS]
        above.plot(*points.T, ",", color=style.BLUE, alpha=0.7, rasterized=True)
        size = round(np.sqrt(arrays["log_density"].size))
        picture = below.imshow(
            np.exp(arrays["log_density"]).reshape(size, size),
            extent=(left, right, bottom, top),
            origin="lower",
            cmap="cividis",
            vmin=0.0,
            vmax=brightest,
        )
        for panel in (above, below):
            panel.set_xlim(left, right)
            panel.set_ylim(bottom, top)
            panel.set_aspect("equal")
            panel.tick_params(labelsize=7)
        below.set_xlabel("$x_1$", fontsize=8)
    axes[0, 0].set_ylabel("samples\n$x_2$", fontsize=8)
    axes[1, 0].set_ylabel("density\n$x_2$", fontsize=8)
    bar = figure.colorbar(picture, ax=axes[1, :], extend="max", pad=0.01)
    bar.set_label("density per unit area", fontsize=7)
    bar.ax.tick_params(labelsize=7)
    return style.to_png(figure)


def denoising_arrows(
    arrays: Mapping[str, np.ndarray],
    distances: Mapping[str, float],
    data_samples: np.ndarray,
    bounds: list[list[float]],
    *,
    num_arrows: int = 120,
) -> bytes:
    """Arrows from x~ to its denoised points, beside those to the posterior mean.

    Args:
      arrays: "arrow_start", "arrow_posterior_mean", "arrow_exact" and
        "arrow_truncated", each [n, 2].
      distances: root mean squared distance of each estimate to the posterior mean.
      data_samples: [n, 2], drawn faintly behind.
      bounds: [low, high] of each coordinate.
      num_arrows: how many are drawn.

    Returns:
      PNG of three panels of one scale.
    """
    panels = (
        ("posterior_mean", "exact posterior mean $E[x|\\tilde x]$"),
        ("exact", "single step, exact gradient"),
        ("truncated", "single step, truncated gradient"),
    )
    figure = Figure(figsize=(7.2, 2.9), layout="constrained")
    axes = figure.subplots(1, len(panels), sharex=True, sharey=True)
    start = arrays["arrow_start"][:num_arrows]
    for panel, (name, label) in zip(axes, panels, strict=True):
        panel.plot(*data_samples[:_NUM_POINTS].T, ",", color="0.75", rasterized=True)
        step = arrays[f"arrow_{name}"][:num_arrows] - start
        panel.quiver(
            *start.T,
            *step.T,
            angles="xy",
            scale_units="xy",
            scale=1.0,
            width=0.005,
            color=style.BLUE if name == "posterior_mean" else style.VERMILLION,
        )
        if name in distances:
            label += f"\nRMS distance to it {distances[name]:.3f}"
        panel.set_title(label, fontsize=8)
        panel.set_xlim(*bounds[0])
        panel.set_ylim(*bounds[1])
        panel.set_aspect("equal")
        panel.set_xlabel("$x_1$", fontsize=8)
        panel.tick_params(labelsize=7)
    axes[0].set_ylabel("$x_2$", fontsize=8)
    return style.to_png(figure)
