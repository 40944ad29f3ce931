"""Ring: the conditionals of data on a thin manifold are spikes, smoothed ones are not.

N(1, 0.01^2) rotated about the origin: p(x2 | x1) near (sqrt(.5) + c, sqrt(.5) + c) has
a spike of width .01 / sqrt(1 - x1^2), which an autoregressive model has to follow.
"""

import pathlib

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from experiments.cells import Cells
from experiments.report import style
from experiments.report.result import Result
from experiments.report.table import Criterion, Table
from smoothing_tf.data.densities import DENSITIES, BlurredCircles

_OFFSETS = (-0.1, -0.05, 0.0, 0.05, 0.1)
_NOISE_SCALE = 0.1
_NUM_RADII = 40
_X2 = np.arange(-2.0, 2.0, 5e-4)


def run(directory: pathlib.Path, *, quick: bool, cells: Cells) -> Result:
    """Computes the conditionals, raw and smoothed."""
    del directory, cells
    offsets = _OFFSETS[::2] if quick else _OFFSETS
    ring = DENSITIES["ring"](tf.float64)
    curves, rows = {}, []
    for offset in offsets:
        x1 = np.sqrt(0.5) + offset
        raw = conditional(ring.prob, x1)
        smoothed = conditional(smoothed_density(ring, _NOISE_SCALE), x1)
        curves[offset] = raw, smoothed
        upper = np.where(_X2 > 0.0, raw, 0.0)
        mean = np.average(_X2, weights=upper)
        width = np.sqrt(np.average((_X2 - mean) ** 2, weights=upper))
        predicted = ring.scale / np.sqrt(1.0 - x1**2)
        slopes = [np.abs(np.gradient(curve, _X2)).max() for curve in (raw, smoothed)]
        row = {
            "c": offset,
            "x1": x1,
            "width": width,
            "width_predicted": predicted,
            "slope_raw": slopes[0],
            "slope_smoothed": slopes[1],
        }
        rows.append({name: float(value) for name, value in row.items()})
    table = Table(
        title=f"Conditionals p(x2 | x1) of the ring, Gaussian noise {_NOISE_SCALE:g}",
        columns=tuple(rows[0]),
        rows=tuple(rows),
        notes=(
            "width: standard deviation of the upper spike; predicted"
            " .01 / sqrt(1 - x1^2). slope: largest |dp/dx2|.",
        ),
        criteria=(
            Criterion(
                "width against its prediction, largest relative difference",
                max(abs(row["width"] / row["width_predicted"] - 1.0) for row in rows),
                maximum=0.05,
            ),
            Criterion(
                "largest slope of a smoothed conditional over that of the raw one",
                max(row["slope_smoothed"] / row["slope_raw"] for row in rows),
                maximum=0.02,
            ),
        ),
    )
    return Result(
        {"table": table},
        {"figure": _figure(curves)},
        {
            "figure": "p(x2 | x1) at x1 = sqrt(.5) + c, around x2 = sqrt(.5) + c,"
            f" dotted: raw, and smoothed with Gaussian noise of {_NOISE_SCALE:g}."
        },
    )


def smoothed_density(ring, noise_scale: float):
    """Density of x + noise_scale * N(0, I): circles over the Gaussian radius."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NUM_RADII)
    circles = [
        BlurredCircles([[0.0, 0.0]], [1.0 + ring.scale * node], noise_scale, tf.float64)
        for node in nodes
    ]
    weights = weights / weights.sum()

    def density(x: tf.Tensor) -> tf.Tensor:
        parts = zip(weights, circles, strict=True)
        return tf.add_n([weight * circle.prob(x) for weight, circle in parts])

    return density


def conditional(density, x1: float) -> np.ndarray:
    """p(x2 | x1) on the grid _X2, normalized by a sum over it."""
    points = np.stack([np.full_like(_X2, x1), _X2], axis=-1)
    joint = density(tf.constant(points)).numpy()
    return joint / (joint.sum() * (_X2[1] - _X2[0]))


def _figure(curves) -> bytes:
    figure = Figure(figsize=(7.2, 2.2), layout="constrained")
    axes = figure.subplots(1, len(curves), sharex=True, sharey=True, squeeze=False)[0]
    for panel, (offset, (raw, smoothed)) in zip(axes, curves.items(), strict=True):
        panel.plot(
            _X2, raw, color=style.VERMILLION, linewidth=1.0, label="$p(x_2 | x_1)$"
        )
        panel.plot(
            _X2,
            smoothed,
            "--",
            color=style.BLUE,
            linewidth=1.2,
            label=r"$q(\tilde x_2 | \tilde x_1)$",
        )
        panel.axvline(np.sqrt(0.5) + offset, color="0.6", linewidth=0.8, linestyle=":")
        panel.set_xlim(0.15, 1.25)
        panel.set_ylim(0.0)
        panel.tick_params(labelsize=7)
        panel.set_title(f"c = {offset:g}", fontsize=8)
        panel.set_xlabel("$x_2$", fontsize=8)
    axes[0].set_ylabel("density per unit length", fontsize=8)
    axes[-1].legend(fontsize=7)
    return style.to_png(figure)
