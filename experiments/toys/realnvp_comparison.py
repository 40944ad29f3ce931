"""RealNVP with and without smoothing, at equal numbers of parameters."""

import dataclasses
from collections.abc import Mapping

from matplotlib.figure import Figure

from experiments.cells import Cells
from experiments.report import style
from experiments.report.result import Result
from experiments.report.table import Table
from experiments.toys import (
    figures as plane_figures,
)
from experiments.toys import (
    runs as plane_cells,
)
from experiments.toys import (
    search as plane,
)
from experiments.toys.search import Row, Study


@dataclasses.dataclass(frozen=True)
class Settings:
    """What differs between the data sets.

    Attributes:
      density: a key of DENSITIES.
      bounds: [low, high] of each coordinate, for the pictures.
      capacities: (couplings, units of both hidden layers) of the plain models,
        small to large; the two stages get as many parameters together.
      noise_scales: candidates.
      published: "plain" and "smoothed" -> nats, of the paper's model.
      targets: the same -> score -> the most it may be, of the largest models.
    """

    density: str
    bounds: list[list[float]]
    capacities: tuple[tuple[int, int], ...]
    noise_scales: tuple[float, ...]
    published: Mapping[str, float]
    targets: Mapping[str, Mapping[str, float]] = dataclasses.field(default_factory=dict)


def run(settings: Settings, cells: Cells, *, quick: bool) -> Result:
    """Trains, compares and draws all models of one data set.

    Args:
      settings: of the data set.
      cells: computes.
      quick: see `plane.run`, whose errors are raised; the smallest models alone.

    Returns:
      Tables of the models and of what validation chose among; figures of the largest
      models and of the scores by size.
    """
    capacities = settings.capacities[:1] if quick else settings.capacities
    rows = [row for capacity in capacities for row in _rows(settings, *capacity)]
    study = Study(settings.density, settings.bounds, tuple(rows))
    table, choices, _ = plane.run(study, cells, quick=quick)
    largest = rows[-2:]
    panels = plane_figures.samples_and_densities(
        plane_cells.picture_of_data(settings.density, settings.bounds),
        [(row.label, plane.arrays_of(cells, row)) for row in largest],
        settings.bounds,
    )
    return Result(
        {"table": table, "choices": choices},
        {"figure": panels, "capacity": _curves(table, settings)},
        {
            "figure": f"{settings.density}: samples and densities of the largest"
            " models. The density of the two-stage model is its importance-weighted"
            " estimate.",
            "capacity": "Nats per point against the number of parameters, of plain"
            " RealNVP and of two stages with as many together; mean over the seeds,"
            " bars are one standard deviation of them.",
        },
    )


def num_parameters(num_couplings: int, width: int, num_context: int) -> int:
    """Parameters of a RealNVP of the plane with two hidden layers of one width."""
    num_inputs = 1 + num_context
    coupling = (num_inputs + 1) * width + (width + 1) * width + (width + 1) * 2
    return num_couplings * coupling + 4


def _stage_width(num_couplings: int, width: int) -> int:
    """Width with which two stages have as many parameters as one model of `width`."""
    total = num_parameters(num_couplings, width, 0)
    return min(
        range(1, width),
        key=lambda w: abs(
            num_parameters(num_couplings, w, 0)
            + num_parameters(num_couplings, w, 2)
            - total
        ),
    )


def _rows(settings: Settings, num_couplings: int, width: int) -> list[Row]:
    def realnvp(units: int) -> dict:
        config = {
            "num_couplings": num_couplings,
            "hidden_units": [units] * 2,
            "activation": "silu",
        }
        return {"model": "realnvp", "config": config}

    is_largest = (num_couplings, width) == settings.capacities[-1]
    published = settings.published if is_largest else {}
    targets = settings.targets if is_largest else {}
    size = f"{num_couplings}x{width}"
    stage = realnvp(_stage_width(num_couplings, width))
    return [
        Row(
            f"plain-{size}",
            f"RealNVP {size}",
            plane_cells.plain,
            {"training": plane.REALNVP_TRAINING, "model": realnvp(width)},
            (),
            published.get("plain"),
            targets.get("plain", {}),
        ),
        Row(
            f"smoothed-{size}",
            f"two-stage, as large as {size}",
            plane_cells.two_stage,
            {
                "training": plane.REALNVP_TRAINING,
                "smoothing": "gaussian",
                "smoothed": stage,
                "reverse": stage,
            },
            settings.noise_scales,
            published.get("smoothed"),
            targets.get("smoothed", {}),
        ),
    ]


def _curves(table: Table, settings: Settings) -> bytes:
    figure = Figure(figsize=(4.6, 3.0), layout="constrained")
    axes = figure.subplots()
    for score, label, colour, mark in (
        ("nll", "plain", style.BLACK, "o-"),
        ("bound", "two-stage, bound", style.VERMILLION, "s--"),
        ("iw", "two-stage, importance-weighted", style.BLUE, "^:"),
    ):
        points = [
            (row["parameters"], row[score], row.get(f"{score}_spread") or 0.0)
            for row in table.rows
            if "parameters" in row and score in row
        ]
        counts, values, spreads = zip(*points, strict=True)
        axes.errorbar(
            counts,
            values,
            yerr=spreads,
            fmt=mark,
            color=colour,
            label=label,
            markersize=4,
            capsize=2,
        )
    floor = plane.entropy(settings.density)
    axes.axhline(floor, color="0.4", linewidth=0.8, label="entropy")
    axes.set_xscale("log")
    counts = [
        row["parameters"] for row in table.rows if "nll" in row and "parameters" in row
    ]
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.minorticks_off()
    axes.set_xlim(0.7 * min(counts), 1.4 * max(counts))
    axes.set_xlabel("parameters of the whole model", fontsize=8)
    axes.set_ylabel("nats per point", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.legend(fontsize=7)
    return style.to_png(figure)
