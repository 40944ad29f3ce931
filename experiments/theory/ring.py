"""Ring: conditionals of data on a thin manifold are spikes until they are smoothed.

The radius is N(1, 0.01^2). Near (sqrt(.5) + c, sqrt(.5) + c) the conditional p(x2 | x1)
has a spike of width .01 / sqrt(1 - x1^2), which an autoregressive model has to fit.
"""

from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from experiments.job import Job
from experiments.report import style
from experiments.report.table import Criterion, Result, Table
from smoothing_tf.data.densities import DENSITIES, BlurredCircles

Density = Callable[[tf.Tensor], tf.Tensor]

_OFFSETS = (-0.1, -0.05, 0.0, 0.05, 0.1)
_NOISE_SCALE = 0.1
_NUM_RADII = 40
# Grid on which the conditionals are evaluated.
_X2 = np.arange(-2.0, 2.0, 5e-4)


def run(job: Job) -> Result:
    """Computes the conditionals, raw and smoothed.

    Args:
      job: the run; a quick one takes three values of c.

    Returns:
      A table of widths and slopes with a row for each c, and a figure of the
      conditionals.
    """
    offsets = _OFFSETS[::2] if job.quick else _OFFSETS
    ring = DENSITIES["ring"](tf.float64)
    curves, rows = {}, []
    for offset in offsets:
        x1 = np.sqrt(0.5) + offset
        raw = compute_conditional(ring.prob, x1)
        smoothed = compute_conditional(make_smoothed_density(ring, _NOISE_SCALE), x1)
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
            "width: standard deviation of the upper spike. width_predicted:"
            " .01 / sqrt(1 - x1^2). slope: largest |dp/dx2|.",
        ),
        criteria=(
            Criterion(
                "largest relative difference between width and predicted width",
                max(abs(row["width"] / row["width_predicted"] - 1.0) for row in rows),
                maximum=0.05,
            ),
            Criterion(
                "largest ratio of the slopes of the smoothed and the raw conditional",
                max(row["slope_smoothed"] / row["slope_raw"] for row in rows),
                maximum=0.02,
            ),
        ),
    )
    return Result(
        {"table": table},
        {"figure": _draw(curves)},
        {
            "figure": "Conditionals p(x2 | x1) at x1 = sqrt(.5) + c, raw and smoothed"
            f" with Gaussian noise of {_NOISE_SCALE:g}. The dotted line marks"
            " x2 = sqrt(.5) + c."
        },
    )


def make_smoothed_density(ring: BlurredCircles, noise_scale: float) -> Density:
    """Makes the density of x + noise_scale * N(0, I).

    It is an integral over the Gaussian radius, by quadrature over blurred circles.

    Args:
      ring: density of x, a ring of radius 1.
      noise_scale: standard deviation of the noise.

    Returns:
      The density as a function of float64 [n, 2].
    """
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


def compute_conditional(density: Density, x1: float) -> np.ndarray:
    """Computes p(x2 | x1) on the grid _X2, normalized by a sum over the grid."""
    points = np.stack([np.full_like(_X2, x1), _X2], axis=-1)
    joint = density(tf.constant(points)).numpy()
    return joint / (joint.sum() * (_X2[1] - _X2[0]))


@style.apply()
def _draw(curves: Mapping[float, tuple[np.ndarray, np.ndarray]]) -> bytes:
    figure = Figure(figsize=(style.PAGE_WIDTH, 2.2))
    axes = figure.subplots(1, len(curves), sharex=True, sharey=True, squeeze=False)[0]
    for panel, (offset, (raw, smoothed)) in zip(axes, curves.items(), strict=True):
        panel.plot(_X2, raw, color=style.VERMILLION, label="$p(x_2 | x_1)$")
        panel.plot(
            _X2,
            smoothed,
            "--",
            color=style.BLUE,
            label=r"$q(\tilde x_2 | \tilde x_1)$",
        )
        panel.axvline(
            np.sqrt(0.5) + offset, color=style.GREY, linewidth=0.8, linestyle=":"
        )
        panel.set_xlim(0.15, 1.25)
        panel.set_ylim(0.0)
        panel.set_title(f"c = {offset:g}")
        panel.set_xlabel("$x_2$")
    axes[0].set_ylabel("density per unit length")
    axes[-1].legend()
    return style.to_png(figure)
