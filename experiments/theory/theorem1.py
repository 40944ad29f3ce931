"""Theorem 1: smoothing never makes a density steeper.

For a continuous density p on a line and symmetric, stationary noise q, the Lipschitz
constant of the smoothed density is at most that of p. That of p is the largest
derivative; the smoothed density is integrated anew at each point, and its slopes are
those between points: the two sides share nothing that would make the inequality true.
"""

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from matplotlib.figure import Figure

from experiments.cells import Cells
from experiments.report import style
from experiments.report.result import Result
from experiments.report.table import Criterion, Table
from experiments.theory.kernel_check import check_kernel
from experiments.theory.mixtures import mixture
from experiments.theory.noise_quadrature import reach_of
from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.smoothing import SMOOTHINGS, Smoothing

tfd = tfp.distributions

_SCALES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
# Of Gauss and Legendre, on each piece.
_NUM_NODES = 20
# Of the reach of the noise: its density varies most where it is high.
_NOISE_PIECES = np.array([-1 / 4, -1 / 16, 0, 1 / 16, 1 / 4])
_NUM_POINTS = 600
_NUM_FINER = 60
# What the integrals may be off, relatively.
_ROUNDING = 1e-7


@dataclasses.dataclass(frozen=True)
class Density:
    """A continuous density on a line.

    Attributes:
      prob: float64 [n] -> float64 [n].
      edges: increasing; the density is smooth between them, and next to nothing
        beyond the first and the last.
    """

    prob: Callable[[tf.Tensor], tf.Tensor]
    edges: np.ndarray


def run(directory: pathlib.Path, *, quick: bool, cells: Cells) -> Result:
    """Measures every density, kernel and scale.

    Raises:
      ValueError: a kernel is not stationary, symmetric and of mass one, the premises of
        the theorem.
    """
    del directory, cells
    scales = _SCALES[2::2] if quick else _SCALES
    rows = []
    for name, density in densities().items():
        raw = lipschitz(density)
        for kernel in SMOOTHINGS:
            for scale in scales:
                smoothed = smoothed_lipschitz(density, SMOOTHINGS[kernel](scale))
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
            "lip_p: largest derivative. lip_smoothed: largest slope between two"
            " points, each value an integral of p(x) q(x~|x) of its own. Per unit"
            " length squared. Integrals, not samples: there is no standard error.",
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


def lipschitz(density: Density) -> float:
    """The largest |dp/dx|."""

    def steepness(x: np.ndarray) -> np.ndarray:
        x = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            prob = density.prob(x)
        return np.abs(tape.gradient(prob, x))

    x = np.linspace(density.edges[0], density.edges[-1], 20 * _NUM_POINTS)
    best = int(np.argmax(steepness(x)))
    around = x[max(best - 1, 0)], x[min(best + 1, len(x) - 1)]
    return float(steepness(np.linspace(*around, _NUM_POINTS)).max())


def smoothed_lipschitz(density: Density, smoothing: Smoothing) -> float:
    """The largest slope of the smoothed density between two neighbours.

    The points are even, and finer around the steepest place.

    Raises:
      ValueError: the noise is not stationary, symmetric and of mass one.
    """
    check_kernel(smoothing, density.edges[0], density.edges[-1])
    margin = 2.0 * smoothing.noise_scale
    low, high = density.edges[0] - margin, density.edges[-1] + margin
    steepest = 0.0
    for number in (_NUM_POINTS, _NUM_FINER):
        x = np.linspace(low, high, number)
        value = smoothed_prob(density, smoothing, x)
        slopes = np.abs(np.diff(value) / np.diff(x))
        best = int(np.argmax(slopes))
        low, high = x[max(best - 1, 0)], x[min(best + 2, number - 1)]
        steepest = max(steepest, float(slopes[best]))
    return steepest


def smoothed_prob(
    density: Density, smoothing: Smoothing, x_smoothed: np.ndarray
) -> np.ndarray:
    """The integral of p(x) q(x~ | x) over x.

    Args:
      density: p.
      smoothing: q; its density is smooth on either side of x, and reaches no
        farther than it does from 0.
      x_smoothed: float64 [n].

    Returns:
      float64 [n].
    """
    reach = reach_of(smoothing)
    # Pieces of the range of x on which the integrand is smooth.
    fixed = np.broadcast_to(density.edges, (len(x_smoothed), len(density.edges)))
    lowest, highest = x_smoothed[:, None] - reach, x_smoothed[:, None] + reach
    around = x_smoothed[:, None] + reach * _NOISE_PIECES
    breaks = np.concatenate([np.clip(fixed, lowest, highest), around], axis=1)
    breaks = np.sort(np.clip(breaks, density.edges[0], density.edges[-1]), axis=1)
    half = np.diff(breaks) / 2.0
    row, piece = np.nonzero(half > 0.0)
    half, middle = half[row, piece], (breaks[:, :-1] + breaks[:, 1:])[row, piece] / 2.0
    nodes, weights = np.polynomial.legendre.leggauss(_NUM_NODES)
    x = (middle[:, None] + half[:, None] * nodes).reshape(-1)
    noisy = np.repeat(x_smoothed[row], _NUM_NODES)
    noise = smoothing.distribution(tf.constant(x[:, None]))
    values = density.prob(tf.constant(x)) * tf.exp(noise.log_prob(noisy[:, None]))
    integrals = half * (values.numpy().reshape(-1, _NUM_NODES) @ weights)
    return np.bincount(row, integrals, minlength=len(x_smoothed))


def densities() -> dict[str, Density]:
    """What is smoothed, by name."""
    spikes = DENSITIES["spikes"](tf.float64)
    one, tails = np.float64(1.0), np.arange(2.0, 7.0)
    return {
        "two Gaussians": Density(
            mixture(tfd.Normal, [0.5, 0.5], [-0.3, 0.4], [0.1, 0.2]).prob,
            np.linspace(-1.3, 2.1, 18),
        ),
        "spikes": Density(lambda x: spikes.prob(x[:, None]), np.linspace(-1, 1, 21)),
        "three logistics": Density(
            mixture(
                tfd.Logistic, [0.2, 0.5, 0.3], [-1.0, 0.0, 0.5], [0.05, 0.2, 0.02]
            ).prob,
            np.concatenate([-tails[::-1], np.linspace(-1.6, 1.6, 17), tails]),
        ),
        "triangle": Density(
            tfd.Triangular(-one, one, 0.0 * one).prob, np.array([-1.0, 0.0, 1.0])
        ),
    }


def _figure(rows: list[dict]) -> bytes:
    names = list(dict.fromkeys(row["density"] for row in rows))
    figure = Figure(figsize=(7.2, 2.3), layout="constrained")
    axes = figure.subplots(1, len(names), sharex=True, sharey=True, squeeze=False)[0]
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
