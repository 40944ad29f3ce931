"""Theorem 1: smoothing never makes a density steeper.

For a continuous density p on a line and symmetric, stationary noise q, the Lipschitz
constant of the smoothed density is at most that of p. Both are measured on fine grids,
for three kernels over a range of scales.
"""

import pathlib

import numpy as np
import scipy.signal
import tensorflow as tf
from matplotlib.figure import Figure
from scipy import stats

from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.experiments import style
from smoothing_tf.experiments.cells import Cells
from smoothing_tf.experiments.result import Result
from smoothing_tf.experiments.table import Criterion, Table
from smoothing_tf.smoothing import SMOOTHINGS

_SCALES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
_REACH = 30.0
_STEP = 2e-4
# What sums over a grid may be off, relatively.
_ROUNDING = 1e-3


def run(directory: pathlib.Path, *, quick: bool, cells: Cells) -> Result:
    """Measures every density, kernel and scale."""
    del directory, cells
    scales = _SCALES[2::2] if quick else _SCALES
    grid = _STEP * np.arange(-round(_REACH / _STEP / 2), round(_REACH / _STEP / 2) + 1)
    rows = []
    for name, density in _densities(grid).items():
        raw = lipschitz(density, _STEP)
        for kernel in SMOOTHINGS:
            for scale in scales:
                smoothed = lipschitz(smooth(density, grid, kernel, scale), _STEP)
                rows.append(
                    {
                        "density": name,
                        "kernel": kernel,
                        "noise_scale": scale,
                        "lip_p": raw,
                        "lip_smoothed": smoothed,
                        "ratio": smoothed / raw,
                    }
                )
    table = Table(
        title="Lipschitz constants before and after smoothing",
        columns=tuple(rows[0]),
        rows=tuple(rows),
        notes=(
            "Largest slope between neighbours of a grid of step"
            f" {_STEP:g}; per unit length squared.",
        ),
        criteria=(
            Criterion(
                "largest ratio of all cells",
                max(row["ratio"] for row in rows),
                maximum=1.0 + _ROUNDING,
            ),
        ),
    )
    return Result(
        {"table": table},
        {"figure": _figure(rows)},
        {
            "figure": "Lipschitz constant of the smoothed density over that of the"
            " density, against the standard deviation of the noise. Theorem 1: never"
            " above 1."
        },
    )


def smooth(
    density: np.ndarray, grid: np.ndarray, kernel: str, noise_scale: float
) -> np.ndarray:
    """The density of x~ on an even grid around 0.

    Args:
      density: of x, float64 [n], n odd.
      grid: its points, 0 in the middle.
      kernel: a key of SMOOTHINGS.
      noise_scale: standard deviation of the noise.
    """
    step = grid[1] - grid[0]
    noise = SMOOTHINGS[kernel](noise_scale).distribution(
        tf.zeros([len(grid), 1], tf.float64)
    )
    # Sampled at the grid alone, a kernel with jumps has a mass a little off 1.
    weights = np.exp(noise.log_prob(tf.constant(grid[:, None]))) * step
    return scipy.signal.fftconvolve(density, weights / weights.sum(), mode="same")


def lipschitz(density: np.ndarray, step: float) -> float:
    """Largest slope between neighbours on an even grid."""
    return float(np.abs(np.diff(density)).max() / step)


def _densities(grid: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "two Gaussians": 0.5 * stats.norm.pdf(grid, -0.3, 0.1)
        + 0.5 * stats.norm.pdf(grid, 0.4, 0.2),
        "spikes": DENSITIES["spikes"](tf.float64).prob(grid[:, None]).numpy(),
        "three logistics": 0.2 * stats.logistic.pdf(grid, -1.0, 0.05)
        + 0.5 * stats.logistic.pdf(grid, 0.0, 0.2)
        + 0.3 * stats.logistic.pdf(grid, 0.5, 0.02),
        "triangle": np.maximum(0.0, 1.0 - np.abs(grid)),
    }


def _figure(rows: list[dict]) -> bytes:
    names = list(dict.fromkeys(row["density"] for row in rows))
    figure = Figure(figsize=(7.2, 2.3), layout="constrained")
    axes = figure.subplots(1, len(names), sharex=True, sharey=True)
    for panel, name in zip(axes, names, strict=True):
        for kernel, colour, mark in style.curves(SMOOTHINGS):
            cells = [r for r in rows if r["density"] == name and r["kernel"] == kernel]
            panel.plot(
                [row["noise_scale"] for row in cells],
                [row["ratio"] for row in cells],
                mark,
                color=colour,
                markersize=3,
                linewidth=1.0,
                label=kernel,
            )
        panel.axhline(1.0, color="0.4", linewidth=0.8, label="Theorem 1's limit")
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_title(name, fontsize=8)
        panel.set_xticks([1e-3, 1e-2, 1e-1, 1.0])
        panel.set_xlim(6e-4, 1.8)
        panel.set_xlabel("noise, standard deviation", fontsize=8)
        panel.tick_params(labelsize=7)
    axes[0].set_ylabel("Lip(smoothed) / Lip(p)", fontsize=8)
    axes[0].legend(fontsize=7)
    return style.to_png(figure)
