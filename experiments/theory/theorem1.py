"""Theorem 1: smoothing never makes a density steeper.

For a continuous density p on a line and symmetric, stationary noise q, the Lipschitz
constant of the smoothed density is at most that of p. The constant of p is its largest
derivative. That of the smoothed density is its largest slope between two points, with
a separate integral at each point. The two sides share no computation that would make
the inequality true by construction.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from matplotlib.figure import Figure

from experiments.job import Job
from experiments.report import style
from experiments.report.table import Criterion, Result, Table, TableRow
from experiments.theory.kernel_check import check_kernel
from experiments.theory.noise_quadrature import mixture, noise_reach
from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.smoothing import SMOOTHINGS, Smoothing

tfd = tfp.distributions

_SCALES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
# Gauss-Legendre nodes on each piece of an integral.
_NUM_NODES = 20
# Edges of pieces, as shares of the reach of the noise. They are dense near 0, where the
# density of the noise is high and varies most.
_NOISE_PIECES = np.array([-1 / 4, -1 / 16, 0, 1 / 16, 1 / 4])
_NUM_POINTS = 600
_NUM_FINER = 60
# Relative error of the integrals.
_ROUNDING = 1e-7


@dataclasses.dataclass(frozen=True)
class Density:
    """A continuous density on a line.

    Attributes:
      prob: probability density, float64 [n] -> float64 [n].
      edges: increasing positions. The density is smooth between two of them and
        negligible beyond the first and the last.
    """

    prob: Callable[[tf.Tensor], tf.Tensor]
    edges: np.ndarray


def run(job: Job) -> Result:
    """Measures every density with every kernel and scale.

    Args:
      job: the run; a quick one takes three scales.

    Returns:
      A table with a row for each combination, and a figure of the ratios.

    Raises:
      ValueError: a kernel is not stationary, symmetric and of mass one, as the theorem
        assumes.
    """
    scales = _SCALES[2::2] if job.quick else _SCALES
    rows = []
    for name, density in densities().items():
        raw = lipschitz_constant(density)
        for kernel in SMOOTHINGS:
            for scale in scales:
                smoothing = SMOOTHINGS[kernel](scale)
                smoothed = smoothed_lipschitz_constant(density, smoothing)
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
            "lip_p: largest derivative of p. lip_smoothed: largest slope of the"
            " smoothed density between two points, each value a separate integral of"
            " p(x) q(x~|x). Both are per unit length squared. They have no standard"
            " error, because they are integrals and not sample means.",
        ),
        criteria=(
            Criterion(
                "largest ratio of all rows",
                max(row["ratio"] for row in rows),
                maximum=1.0 + _ROUNDING,
            ),
        ),
    )
    return Result(
        {"table": table},
        {"figure": _draw(rows)},
        {
            "figure": "Ratio of the Lipschitz constant of the smoothed density to that"
            " of the density, against the standard deviation of the noise. By"
            " Theorem 1 it never exceeds 1."
        },
    )


def lipschitz_constant(density: Density) -> float:
    """Finds the largest |dp/dx|."""

    def slope(x: np.ndarray) -> np.ndarray:
        x = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            prob = density.prob(x)
        return np.abs(tape.gradient(prob, x))

    x = np.linspace(density.edges[0], density.edges[-1], 20 * _NUM_POINTS)
    best = int(np.argmax(slope(x)))
    around = x[max(best - 1, 0)], x[min(best + 1, len(x) - 1)]
    return float(slope(np.linspace(*around, _NUM_POINTS)).max())


def smoothed_lipschitz_constant(density: Density, smoothing: Smoothing) -> float:
    """Finds the largest slope of the smoothed density between neighboring points.

    The points are evenly spaced, then once more and closer around the steepest place.

    Args:
      density: p.
      smoothing: q.

    Returns:
      The slope, per unit length squared.

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
    """Integrates p(x) q(x~ | x) over x.

    Args:
      density: p.
      smoothing: q, whose density is smooth on either side of x and extends no
        farther from any x than from 0.
      x_smoothed: positions x~, float64 [n].

    Returns:
      The smoothed density at x~, float64 [n].
    """
    reach = noise_reach(smoothing)
    # Edges of pieces on which the integrand is smooth.
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
    """Makes the densities that are smoothed, by name."""
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


@style.apply()
def _draw(rows: list[TableRow]) -> bytes:
    names = list(dict.fromkeys(row["density"] for row in rows))
    figure = Figure(figsize=(style.PAGE_WIDTH, 2.3))
    axes = figure.subplots(1, len(names), sharex=True, sharey=True, squeeze=False)[0]
    for panel, name in zip(axes, names, strict=True):
        for kernel, color, mark in style.curves(SMOOTHINGS):
            points = [
                (row["noise_scale"], row["ratio"])
                for row in rows
                if row["density"] == name and row["kernel"] == kernel
            ]
            panel.plot(*zip(*points, strict=True), mark, color=color, label=kernel)
        style.draw_reference(panel, 1.0, "Theorem 1's limit")
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_title(name)
        panel.set_xticks([1e-3, 1e-2, 1e-1, 1.0])
        panel.set_xlim(6e-4, 1.8)
        panel.set_xlabel("noise, standard deviation")
    axes[0].set_ylabel("Lip(smoothed) / Lip(p)")
    axes[0].legend()
    return style.to_png(figure)
