"""Spikes: which smoothing distribution helps in one dimension, and at what scale.

One MADE over [x~, x] with two logistics per conditional provides p(x~) and p(x|x~). It
is compared with mixtures of logistics fitted to p(x). The paper shows density plots of
an unpublished density; this one is ours.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from experiments.cells import Cell
from experiments.job import Job
from experiments.report import style
from experiments.report.table import Criterion, Result, Table, TableRow
from experiments.toys import scores, search, spikes_runs
from experiments.toys.pictures import read_arrays
from experiments.toys.spikes_runs import train_joint_made, train_mixture
from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.data.densities.spikes import SPACING, WEIGHTS
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER
from smoothing_tf.smoothing import SMOOTHINGS

Json = dict[str, Any]

# Noise scales in units of the spacing of the spikes.
_RELATIVE_SCALES = (0.1, 0.25, 0.5, 1.0, 2.0)
# Numbers of logistics in the mixtures.
_BASELINES = (2, 4, 6, 10)
_TRAINING = search.TRAINING | {"num_steps": 10_000}


def run(job: Job) -> Result:
    """Trains the grid of kernels and scales, and the mixtures.

    Args:
      job: the run; a quick one takes one scale.

    Returns:
      A table of all models, a figure of their densities and one of the scores by scale.

    Raises:
      RuntimeError: cells failed; see `Cells.run`.
    """
    results = job.cells.run(list(_make_cells(job.quick)))
    grid = np.linspace(*spikes_runs.BOUNDS, spikes_runs.GRID_SIZE)
    floor = search.entropy("spikes")
    joint = {name: r for name, r in results.items() if "bound" in r}
    # Validation chooses; the reported scores are of other points.
    best = {
        kernel: min(
            (name for name in joint if name.startswith(f"{kernel}-")),
            key=lambda name: joint[name]["validation"],
        )
        for kernel in SMOOTHINGS
    }
    curves = {
        name: read_arrays(job.cells.directory(name))["log_density"]
        for name in (*best.values(), *_mixture_names())
    }
    return Result(
        {"table": _make_table(results, best, floor, quick=job.quick)},
        {
            "figure": _draw_densities(grid, curves, results, best),
            "scales": _draw_scales(joint, floor),
        },
        {
            "figure": "Density of the data and of the models, with the negative"
            " log-likelihood of each model. For every kernel, the scale is the one that"
            " validation chose, and p(x~) p(x|x~) is integrated over x~.",
            "scales": "Negative bound and negative log-likelihood against the scale of"
            " the noise.",
        },
    )


def _mixture_names() -> list[str]:
    return [f"mixture-{number}" for number in _BASELINES]


def _make_cells(quick: bool) -> Iterator[Cell]:
    lengths = {
        "training": _TRAINING | ({"num_steps": 100} if quick else {}),
        "num_points": search.num_held_out(quick),
        "num_restarts": 1 if quick else search.NUM_RESTARTS,
    }
    scales = _RELATIVE_SCALES[2:3] if quick else _RELATIVE_SCALES
    for kernel in SMOOTHINGS:
        for relative in scales:
            arguments = {"smoothing": kernel, "noise_scale": SPACING * relative}
            yield Cell(f"{kernel}-{relative:g}", train_joint_made, arguments | lengths)
    for number, name in zip(_BASELINES, _mixture_names(), strict=True):
        yield Cell(name, train_mixture, {"num_mixtures": number} | lengths)


def _make_table(
    results: Mapping[str, Json], best: Mapping[str, str], floor: float, *, quick: bool
) -> Table:
    rows: list[TableRow] = []
    for name, result in results.items():
        kernel, _, scale = name.rpartition("-")
        row: TableRow = {"model": f"mixture of {scale} logistics"}
        if kernel != "mixture":
            row = {"model": f"{kernel} smoothing", "scale": SPACING * float(scale)}
            row["chosen"] = "chosen" if name in best.values() else None
        columns = ("validation", "nll", "nll_se", "bound", "bound_se", "iw", "iw_se")
        rows.append(
            row
            | {"parameters": result["parameters"]}
            | {column: result[column] for column in columns if column in result}
            | {"restarts": " ".join(map(_format_loss, result["restarts"]))}
        )
    rows.append({"model": "entropy of the data: the floor", "nll": floor})
    rival = max(number for number in _BASELINES if number < len(WEIGHTS))
    least = results[f"mixture-{rival}"]["nll"]
    return Table(
        title=f"spikes, {search.num_held_out(quick)} held-out points, nats",
        columns=(
            *("model", "scale", "chosen", "parameters", "validation", "nll", "nll_se"),
            *("bound", "bound_se", "iw", "iw_se", "restarts"),
        ),
        rows=tuple(rows),
        notes=(
            "scale: standard deviation of the noise. bound and iw (K ="
            f" {scores.NUM_DRAWS}) are upper bounds; nll of a kernel is exact, by"
            " quadrature. _se: standard error over the points, of one training,"
            " without the spread over trainings; validation has none because it serves"
            " the choice only.",
            "restarts: validation loss of each short run; for smoothing, the joint loss"
            " of [x~, x].",
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


def _format_loss(loss: float | None) -> str:
    return "diverged" if loss is None else f"{loss:.3f}"


@style.apply()
def _draw_densities(
    grid: np.ndarray,
    curves: Mapping[str, np.ndarray],
    results: Mapping[str, Json],
    best: Mapping[str, str],
) -> bytes:
    truth = np.exp(DENSITIES["spikes"](tf.float64).log_prob(grid[:, None]))
    # In two columns: the kernels, the legend where a panel is left, then the mixtures.
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
        for number, name in zip(_BASELINES, _mixture_names(), strict=True)
    ]
    num_rows = len(panels) // 2
    figure = Figure(figsize=(style.PAGE_WIDTH, 1.35 * num_rows))
    axes = figure.subplots(num_rows, 2, sharex=True, sharey=True)
    for panel, content in zip(axes.flat, panels, strict=True):
        if content is None:
            panel.set_axis_off()
            panel.legend(*axes[0, 0].get_legend_handles_labels(), loc="center")
            continue
        name, label = content
        panel.fill_between(
            grid, truth, color=style.LIGHT_GREY, linewidth=0, label="data"
        )
        panel.plot(grid, np.exp(curves[name]), color=style.BLUE, label="model")
        panel.set_title(label)
        panel.set_xlim(*spikes_runs.BOUNDS)
        panel.set_ylim(0.0, 1.15 * truth.max())
    if None not in panels:
        axes[0, 0].legend()
    for panel in axes[:, 0]:
        panel.set_ylabel("density")
    for panel in axes[-1]:
        panel.set_xlabel("x")
    return style.to_png(figure)


@style.apply()
def _draw_scales(joint: Mapping[str, Json], floor: float) -> bytes:
    figure = Figure(figsize=(style.PAGE_WIDTH, 2.6))
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    for kernel, color, mark in style.curves(SMOOTHINGS):
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
                color=color,
                label=kernel,
            )
    for panel, label in zip(axes, ("bound", "negative log-likelihood"), strict=True):
        style.draw_reference(panel, floor, "entropy")
        panel.set_xscale("log")
        scales = [scale for scale, _ in points]
        panel.set_xticks(scales, [f"{scale:.2g}" for scale in scales])
        panel.minorticks_off()
        panel.set_xlabel("noise scale (standard deviation)")
        panel.set_title(label)
    axes[0].set_ylabel("nats per point")
    axes[0].legend()
    return style.to_png(figure)
