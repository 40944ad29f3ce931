"""RealNVP, MADE and two-stage MADE in the plane, at 90,000 parameters each."""

import dataclasses
from collections.abc import Mapping

from experiments.cells import Cells
from experiments.report.result import Result
from experiments.report.table import Criterion, Table
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
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER

_NUM_PARAMETERS = 90_000
_TOLERANCE = 0.05
_COLUMNS = ("realnvp", "made3", "made6", "two-stage3", "best")


@dataclasses.dataclass(frozen=True)
class Settings:
    """What differs between the data sets.

    Attributes:
      density: a key of DENSITIES.
      bounds: [low, high] of each coordinate, for the pictures.
      noise_scales: candidates of the two-stage models.
      published: row -> nats.
      targets: row -> score -> the most it may be, nats.
      single_step: whether single-step denoising is studied too.
    """

    density: str
    bounds: list[list[float]]
    noise_scales: tuple[float, ...]
    published: Mapping[str, float]
    targets: Mapping[str, Mapping[str, float]]
    single_step: bool = False


def run(settings: Settings, cells: Cells, *, quick: bool) -> Result:
    """Trains, compares and draws all models of one data set.

    Args:
      settings: of the data set.
      cells: computes.
      quick: see `plane.run`, whose errors are raised.

    Returns:
      Tables of the models, of what validation chose among and, where it is studied,
      of single-step denoising; figures of the same.
    """
    study = Study(settings.density, settings.bounds, tuple(_rows(settings)))
    table, choices, results = plane.run(study, cells, quick=quick)
    table = dataclasses.replace(table, criteria=(*table.criteria, _same_size(table)))
    arrays = {
        row.name: plane.arrays_of(cells, row)
        for row in study.rows
        if row.name in _COLUMNS
    }
    data = plane_cells.picture_of_data(settings.density, settings.bounds)
    figures = {
        "figure": plane_figures.samples_and_densities(
            data,
            [
                (row.label.partition(":")[0], arrays[row.name])
                for row in study.rows
                if row.name in _COLUMNS
            ],
            settings.bounds,
        )
    }
    captions = {
        "figure": f"{settings.density}: samples and densities. The density of a"
        " two-stage model is its importance-weighted estimate."
    }
    tables = {"table": table, "choices": choices}
    if settings.single_step:
        row = next(row for row in study.rows if row.arguments.get("single_step"))
        distances = results[plane.final_name(row, plane.SEEDS[0])]["single_step"]
        tables["denoising"] = _denoising_table(distances)
        figures["denoising"] = plane_figures.denoising_arrows(
            arrays[row.name], distances, data["samples"], settings.bounds
        )
        captions["denoising"] = (
            "Single-step denoising, x~ + s^2 d/dx~ log p(x~), from an arrow's tail to"
            " its tip, in one quadrant; circles are the exact E[x|x~]."
        )
    return Result(tables, figures, captions)


def _denoising_table(distances: Mapping[str, float]) -> Table:
    labels = {
        "x_smoothed": "x~ itself",
        "exact": "single step, exact gradient",
        "truncated": "single step, truncated gradient",
    }
    return Table(
        title="Root mean squared distance to the exact posterior mean E[x|x~]",
        columns=("estimate", "distance"),
        rows=tuple(
            {"estimate": label, "distance": distances[name]}
            for name, label in labels.items()
        ),
        notes=("Of one seed, over all points: there is no standard error.",),
        directions={"distance": LOWER_IS_BETTER},
        criteria=(
            Criterion(
                "distance after the exact single step over that before",
                distances["exact"] / distances["x_smoothed"],
                maximum=1.0,
            ),
        ),
    )


def _rows(settings: Settings) -> list[Row]:
    limit = max(high for _, high in settings.bounds)

    def made(
        width: int, num_mixtures: int, initial_range: float = limit, **config
    ) -> dict:
        config |= {
            "hidden_units": [width] * 3,
            "num_mixtures": num_mixtures,
            "activation": "silu",
            "initial_range": initial_range,
        }
        return {"model": "made", "config": config}

    # The mixtures of p(x | x~) start around x~, as far out as the noise reaches.
    reach = 0.5
    two_stage = {"smoothing": "gaussian", "training": plane.TRAINING}
    small = {"smoothed": made(110, 3), "reverse": made(170, 3, reach)}
    best = {"smoothed": made(100, 10), "reverse": made(160, 10, reach)}
    # Few logistics stay where an even start has put those of p(x_1); with six of them
    # validation prefers it.
    made3 = made(207, 3, initial_jitter=1.0)
    realnvp = {
        "model": "realnvp",
        "config": {
            "num_couplings": 16,
            "hidden_units": [72, 72],
            "activation": "silu",
        },
    }
    rows = [
        (
            "realnvp",
            "RealNVP",
            plane_cells.plain,
            {"model": realnvp, "training": plane.REALNVP_TRAINING},
            (),
        ),
        ("made3", "MADE (3)", plane_cells.plain, {"model": made3}, ()),
        ("made6", "MADE (6)", plane_cells.plain, {"model": made(203, 6)}, ()),
        (
            "two-stage3",
            "two-stage MADE (3)",
            plane_cells.two_stage,
            {**two_stage, **small, "single_step": settings.single_step},
            settings.noise_scales,
        ),
        (
            "learned3",
            "two-stage MADE (3): learned noise scale",
            plane_cells.learned_noise,
            {**small, "noise_scale": 0.3},
            (),
        ),
        (
            "best",
            "two-stage MADE (10)",
            plane_cells.two_stage,
            {**two_stage, **best},
            settings.noise_scales,
        ),
    ]
    return [
        Row(
            name,
            label,
            function,
            {"training": plane.TRAINING} | arguments,
            noise_scales,
            settings.published.get(name),
            settings.targets.get(name, {}),
        )
        for name, label, function, arguments, noise_scales in rows
    ]


def _same_size(table: Table) -> Criterion:
    counts = [row["parameters"] for row in table.rows if "parameters" in row]
    return Criterion(
        f"largest distance from {_NUM_PARAMETERS} parameters, relative",
        max(abs(count / _NUM_PARAMETERS - 1.0) for count in counts),
        maximum=_TOLERANCE,
    )
