"""Proposition 1: training on noisy data penalizes the curvature of log p.

For symmetric noise of small variance eta per coordinate,

  E_p E_q log p_theta(x~) ~ E_p[log p_theta(x) + eta / 2 (log p_theta)''(x)].

For a quadratic log p_theta the approximation is exact. For other models its error,
measured here by quadrature, falls as eta^2.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from matplotlib.figure import Figure

from experiments.job import Job
from experiments.report import style
from experiments.report.table import Criterion, Result, Table
from experiments.theory.noise_quadrature import mixture, noise_rule
from smoothing_tf.smoothing import SMOOTHINGS

tfd = tfp.distributions

_GRID = np.linspace(-9.0, 9.0, 3001)
_VARIANCES = tuple(float(eta) for eta in np.logspace(-3, -1, 9))
# Tolerances of the order, which a quick run estimates from fewer variances.
_TOLERANCE = 0.1
_QUICK_TOLERANCE = 0.2


def run(job: Job) -> Result:
    """Measures the error of the approximation and fits its order.

    Args:
      job: the run; a quick one takes three variances.

    Returns:
      A table with a row for each model and kernel, and a figure of the errors.
    """
    variances = _VARIANCES[::4] if job.quick else _VARIANCES
    tolerance = _QUICK_TOLERANCE if job.quick else _TOLERANCE
    errors = {
        (name, kernel): np.array(
            [approximation_error(density, kernel, eta) for eta in variances]
        )
        for name, density in _models().items()
        for kernel in SMOOTHINGS
    }
    # At the smaller half of the variances the next term of the expansion is negligible.
    few = len(variances) // 2 + 1
    orders = {
        key: float(np.polyfit(np.log(variances[:few]), np.log(values[:few]), 1)[0])
        for key, values in errors.items()
    }
    rows = [
        {
            "log p_theta": name,
            "kernel": kernel,
            "order": orders[name, kernel],
            **{
                f"error at {eta:.2g}": f"{value:.2e}"
                for eta, value in zip(variances, values, strict=True)
            },
        }
        for (name, kernel), values in errors.items()
    ]
    table = Table(
        title="Error of the approximation in nats, by variance of the noise",
        columns=tuple(rows[0]),
        rows=tuple(rows),
        notes=(
            "order: slope of log error against log variance, over the smaller half of"
            " the variances.",
        ),
        criteria=tuple(
            Criterion(
                f"order of {name}, {kernel}",
                order,
                minimum=2.0 - tolerance,
                maximum=2.0 + tolerance,
            )
            for (name, kernel), order in orders.items()
        ),
    )
    return Result(
        {"table": table},
        {"figure": _draw(variances, errors)},
        {
            "figure": "Error of the approximation against the variance of the noise,"
            " with a reference line of order 2."
        },
    )


def approximation_error(model: tfd.Distribution, kernel: str, variance: float) -> float:
    """Computes |E_p E_q log p_theta(x~) - E_p[log p_theta + eta / 2 (log p_theta)'']|.

    p is a mixture of two Gaussians.

    Args:
      model: p_theta, a scalar in float64.
      kernel: a key of SMOOTHINGS.
      variance: eta.

    Returns:
      The error, nats.
    """
    nodes, weights = noise_rule(SMOOTHINGS[kernel](float(np.sqrt(variance))))
    x = tf.constant(_GRID)
    p = _data().prob(x)
    noisy = x[:, None] + tf.constant(nodes)
    smoothed = tf.reduce_sum(model.log_prob(noisy) * weights, axis=-1)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            log_prob = model.log_prob(x)
        slope = inner.gradient(log_prob, x)
    curvature = outer.gradient(slope, x)
    expanded = log_prob + 0.5 * variance * curvature
    step = _GRID[1] - _GRID[0]
    return float(tf.abs(tf.reduce_sum(p * (smoothed - expanded)) * step))


def _data() -> tfd.Distribution:
    return mixture(tfd.Normal, [0.4, 0.6], [-1.0, 1.2], [0.6, 0.8])


def _models() -> dict[str, tfd.Distribution]:
    return {
        "two logistics": mixture(tfd.Logistic, [0.5, 0.5], [-1.0, 1.0], [0.5, 0.7]),
        "two Gaussians": mixture(tfd.Normal, [0.3, 0.7], [-1.2, 1.0], [0.9, 0.8]),
        "Student's t": tfd.StudentT(*(np.float64(value) for value in (4.0, 0.2, 1.0))),
    }


@style.apply()
def _draw(
    variances: Sequence[float], errors: Mapping[tuple[str, str], np.ndarray]
) -> bytes:
    names = list(dict.fromkeys(name for name, _ in errors))
    figure = Figure(figsize=(style.PAGE_WIDTH, 2.5))
    axes = figure.subplots(1, len(names), sharex=True, sharey=True)
    for panel, name in zip(axes, names, strict=True):
        for kernel, color, mark in style.curves(SMOOTHINGS):
            panel.plot(variances, errors[name, kernel], mark, color=color, label=kernel)
        reference = 0.02 * np.square(variances)
        panel.plot(
            variances, reference, color=style.DARK_GREY, linewidth=0.8, label="order 2"
        )
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_title(name)
        panel.set_xlabel(r"variance of the noise, $\eta$")
    axes[0].set_ylabel("error, nats")
    axes[0].legend()
    return style.to_png(figure)
