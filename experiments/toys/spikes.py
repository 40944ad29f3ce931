"""Spikes: which smoothing distribution helps, and how much of it, in one dimension.

One MADE over [x~, x] with two logistics each gives p(x~) and p(x|x~); mixtures of
logistics fitted to p(x) stand beside it. The paper shows density plots of an
unpublished density; this one is ours.
"""

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from experiments.cells import Cell, Cells
from experiments.report import style
from experiments.report.result import Result
from experiments.report.table import Criterion, Table
from experiments.toys import runs as plane_cells
from experiments.toys import scores as toy_scores
from experiments.toys import search as plane
from experiments.toys.joint_made import JointMADE
from experiments.toys.training import draw_stage, fit
from smoothing_tf import artifacts
from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.data.densities.spikes import SPACING, WEIGHTS
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER
from smoothing_tf.models import TwoStageModel
from smoothing_tf.models.made import MADEConfig
from smoothing_tf.smoothing import SMOOTHINGS
from smoothing_tf.training import TrainingConfig

Json = dict[str, Any]

_RELATIVE_SCALES = (0.1, 0.25, 0.5, 1.0, 2.0)
_BASELINES = (2, 4, 6, 10)
_TRAINING = plane.TRAINING | {"num_steps": 10_000}
# In one dimension restarts differ by these alone.
_LOCATIONS = {"initial_range": 1.0, "initial_jitter": 1.0}
_BOUNDS = (-1.1, 1.1)
_STEP = 0.002  # five within a standard deviation of a spike
_GRID_SIZE = round((_BOUNDS[1] - _BOUNDS[0]) / _STEP) + 1


def run(directory: pathlib.Path, *, quick: bool, cells: Cells) -> Result:
    """Trains the grid of kernels and scales, and the mixtures."""
    del directory
    results = cells.run(list(_cells(quick)))
    grid = np.linspace(*_BOUNDS, _GRID_SIZE)
    floor = plane.entropy("spikes")
    joint = {name: r for name, r in results.items() if "bound" in r}
    # Chosen by validation, shown with the scores on other points.
    best = {
        kernel: min(
            (name for name in joint if name.startswith(f"{kernel}-")),
            key=lambda name: joint[name]["validation"],
        )
        for kernel in SMOOTHINGS
    }
    curves = {
        name: _log_density(cells, name) for name in (*best.values(), *_mixtures())
    }
    return Result(
        {"table": _table(results, best, floor, quick=quick)},
        {
            "figure": _densities(grid, curves, results, best),
            "scales": _scales(joint, floor),
        },
        {
            "figure": "Density of the data, and of the models. Of each kernel the"
            " scale is the one that validation chose; p(x~) p(x|x~) is integrated over"
            " x~. Nats: negative log-likelihood.",
            "scales": "Negative bound, and negative log-likelihood, against the scale"
            " of the noise.",
        },
    )


def _mixtures() -> list[str]:
    return [f"mixture-{number}" for number in _BASELINES]


def _cells(quick: bool):
    lengths = {
        "training": _TRAINING | ({"num_steps": 100} if quick else {}),
        "num_points": plane.num_held_out(quick),
        "num_restarts": 1 if quick else plane.NUM_RESTARTS,
    }
    scales = _RELATIVE_SCALES[2:3] if quick else _RELATIVE_SCALES
    for kernel in SMOOTHINGS:
        for relative in scales:
            arguments = {"smoothing": kernel, "noise_scale": SPACING * relative}
            yield Cell(f"{kernel}-{relative:g}", joint_made, arguments | lengths)
    for number in _BASELINES:
        yield Cell(f"mixture-{number}", mixture, {"num_mixtures": number} | lengths)


def joint_made(
    directory: pathlib.Path,
    *,
    smoothing: str,
    noise_scale: float,
    training: Json,
    num_points: int,
    num_restarts: int,
) -> Json:
    """One MADE over [x~, x] that gives p(x~) and p(x|x~).

    Args:
      directory: where its log density on a grid goes.
      smoothing: a key of SMOOTHINGS.
      noise_scale: standard deviation of the noise.
      training: fields of TrainingConfig.
      num_points: held-out points to score.
      num_restarts: see `fit`.

    Returns:
      parameters, validation (nats: the negative bound), restarts (nats of each), nll
      by quadrature, bound and iw with their standard errors (nats, negative).
    """
    data = DENSITIES["spikes"]()
    kernel = SMOOTHINGS[smoothing](noise_scale)
    config = MADEConfig(
        hidden_units=(128,) * 3, num_mixtures=2, activation="silu", **_LOCATIONS
    )
    fitted = fit(
        "joint",
        lambda seed: JointMADE(config, (1,), 2.0 * noise_scale, seed=seed),
        draw_stage("joint", data, kernel, seed=0),
        TrainingConfig(**training),
        seed=0,
        num_restarts=num_restarts,
    )
    both = TwoStageModel(kernel, fitted.model.smoothed, fitted.model.reverse)
    points = toy_scores.held_out(data, num_points)
    bound, weighted = toy_scores.bounds(
        both, points, num_draws=toy_scores.NUM_DRAWS, seed=0
    )
    grid = np.linspace(*_BOUNDS, _GRID_SIZE)[:, None]
    # Even Laplace noise hardly ever goes further.
    far = _BOUNDS[1] + 10.0 * noise_scale
    x_smoothed = np.linspace(-far, far, round(2.0 * far / _STEP))[:, None]
    log_density = toy_scores.marginal_log_prob(both, grid, x_smoothed)
    np.savez_compressed(directory / "arrays.npz", log_density=log_density)
    of_data = DENSITIES["spikes"](tf.float64).log_prob(grid).numpy()
    noise = kernel.distribution(tf.zeros([1, 1]))
    return {
        "parameters": fitted.model.count_params(),
        "validation": fitted.validation_nats - float(noise.entropy()[0]),
        "restarts": fitted.restarts,
        "nll": -float(np.trapezoid(np.exp(of_data) * log_density, grid[:, 0])),
        **toy_scores.mean_and_error("bound", -bound, "spikes", points),
        **toy_scores.mean_and_error("iw", -weighted, "spikes", points),
    }


def mixture(
    directory: pathlib.Path,
    *,
    num_mixtures: int,
    training: Json,
    num_points: int,
    num_restarts: int,
) -> Json:
    """A mixture of logistics: a MADE of one dimension sees nothing."""
    config = {"hidden_units": [1], "num_mixtures": num_mixtures, **_LOCATIONS}
    result = plane_cells.plain(
        directory,
        density="spikes",
        model={"model": "made", "config": config},
        training=training,
        seed=0,
        num_points=num_points,
        num_restarts=num_restarts,
        pictures=[list(_BOUNDS)],
        grid_size=_GRID_SIZE,
    )
    # One location, scale and weight each; weights sum to one.
    return result | {
        "parameters": 3 * num_mixtures - 1,
        "restarts": result["restarts"]["baseline"],
    }


def _log_density(cells: Cells, name: str) -> np.ndarray:
    arrays = artifacts.read_kept_npz(cells.directory(name) / "arrays.npz")
    return arrays["log_density"]


def _table(
    results: Mapping[str, Json], best: Mapping[str, str], floor: float, *, quick: bool
) -> Table:
    rows = []
    for name, result in results.items():
        kernel, _, scale = name.rpartition("-")
        row = {"model": f"mixture of {scale} logistics"}
        if kernel != "mixture":
            row = {"model": f"{kernel} smoothing", "scale": SPACING * float(scale)}
            row["chosen"] = "chosen" if name in best.values() else None
        scores = ("validation", "nll", "nll_se", "bound", "bound_se", "iw", "iw_se")
        rows.append(
            row
            | {"parameters": result["parameters"]}
            | {score: result[score] for score in scores if score in result}
            | {"restarts": " ".join(map(_text, result["restarts"]))}
        )
    rows.append({"model": "entropy of the data: the floor", "nll": floor})
    rival = max(number for number in _BASELINES if number < len(WEIGHTS))
    least = results[f"mixture-{rival}"]["nll"]
    return Table(
        title=f"spikes, {plane.num_held_out(quick)} held-out points, nats",
        columns=(
            *("model", "scale", "chosen", "parameters", "validation", "nll", "nll_se"),
            *("bound", "bound_se", "iw", "iw_se", "restarts"),
        ),
        rows=tuple(rows),
        notes=(
            "scale: standard deviation of the noise, for every kernel. bound and iw (K"
            f" = {toy_scores.NUM_DRAWS}) are from above; nll of a kernel is exact, by"
            " quadrature. _se: standard error over the points; validation has none,"
            " it only chooses.",
            "restarts: validation loss after each short run from another start; for"
            " smoothing that of [x~, x] together.",
        ),
        directions=dict.fromkeys(("validation", "nll", "bound", "iw"), LOWER_IS_BETTER),
        criteria=tuple(
            Criterion(
                f"{kernel}, 2 logistics: nll below that of a mixture of {rival}",
                results[name]["nll"] - least,
                maximum=0.0,
            )
            for kernel, name in best.items()
        ),
    )


def _text(loss: float | None) -> str:
    return "diverged" if loss is None else f"{loss:.3f}"


def _densities(grid, curves, results, best) -> bytes:
    truth = np.exp(DENSITIES["spikes"](tf.float64).log_prob(grid[:, None]))
    # Two columns: the kernels and the legend, then the mixtures.
    panels = [
        (
            name,
            f"{kernel}, scale {SPACING * float(name.rpartition('-')[2]):.2g}:"
            f" {results[name]['nll']:.3f} nats",
        )
        for kernel, name in best.items()
    ]
    panels += [None] * (len(panels) % 2)
    panels += [
        (name, f"{number} logistics: {results[name]['nll']:.3f} nats")
        for number, name in zip(_BASELINES, _mixtures(), strict=True)
    ]
    num_rows = len(panels) // 2
    figure = Figure(figsize=(7.0, 1.35 * num_rows), layout="constrained")
    axes = figure.subplots(num_rows, 2, sharex=True, sharey=True)
    for panel, content in zip(axes.flat, panels, strict=True):
        if content is None:
            panel.set_axis_off()
            panel.legend(
                *axes[0, 0].get_legend_handles_labels(), loc="center", fontsize=8
            )
            continue
        name, label = content
        panel.fill_between(grid, truth, color="0.8", linewidth=0, label="data")
        panel.plot(
            grid, np.exp(curves[name]), color=style.BLUE, linewidth=0.9, label="model"
        )
        panel.set_title(label, fontsize=8)
        panel.set_xlim(*_BOUNDS)
        panel.set_ylim(0.0, 1.15 * truth.max())
        panel.tick_params(labelsize=7)
    if None not in panels:
        axes[0, 0].legend(fontsize=7)
    for panel in axes[:, 0]:
        panel.set_ylabel("density", fontsize=8)
    for panel in axes[-1]:
        panel.set_xlabel("x", fontsize=8)
    return style.to_png(figure)


def _scales(joint: Mapping[str, Json], floor: float) -> bytes:
    figure = Figure(figsize=(6.4, 2.6), layout="constrained")
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    for kernel, colour, mark in style.curves(SMOOTHINGS):
        points = sorted(
            (SPACING * float(name.rpartition("-")[2]), result)
            for name, result in joint.items()
            if name.startswith(f"{kernel}-")
        )
        for panel, score in zip(axes, ("bound", "nll"), strict=True):
            panel.plot(
                [scale for scale, _ in points],
                [result[score] for _, result in points],
                mark,
                color=colour,
                markersize=4,
                label=kernel,
            )
    for panel, label in zip(axes, ("bound", "negative log-likelihood"), strict=True):
        panel.axhline(floor, color="0.4", linewidth=0.8, label="entropy")
        panel.set_xscale("log")
        scales = [scale for scale, _ in points]
        panel.set_xticks(scales, [f"{scale:.2g}" for scale in scales])
        panel.minorticks_off()
        panel.set_xlabel("noise scale (standard deviation)", fontsize=8)
        panel.set_title(label, fontsize=8)
        panel.tick_params(labelsize=7)
    axes[0].set_ylabel("nats per point", fontsize=8)
    axes[0].legend(fontsize=7)
    return style.to_png(figure)
