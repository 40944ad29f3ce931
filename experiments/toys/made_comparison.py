"""RealNVP, MADE and two-stage MADE in the plane, at 90,000 parameters each."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from experiments.job import Job
from experiments.report.table import Criterion, Result, Table
from experiments.toys import figures, search
from experiments.toys.compared_model import ComparedModel
from experiments.toys.pictures import compute_data_arrays
from experiments.toys.runs import train_learned_noise, train_plain, train_two_stage
from experiments.toys.study import Study
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER

Json = dict[str, Any]

_NUM_PARAMETERS = 90_000
_TOLERANCE = 0.05
# Models in the figure, by name.
_PICTURED = ("realnvp", "made3", "made6", "two-stage3", "best")


@dataclasses.dataclass(frozen=True)
class MADEComparison:
    """The comparison on one data set.

    Attributes:
      description: title and description of the experiment.
      density: a key of DENSITIES.
      bounds: [low, high] of each coordinate of the pictures.
      noise_scales: candidates of the two-stage models.
      published: name of a model -> nats in the paper.
      targets: name of a model -> score -> largest acceptable value, nats.
      single_step: whether to study single-step denoising too.
    """

    description: str
    density: str
    bounds: list[list[float]]
    noise_scales: tuple[float, ...]
    published: Mapping[str, float]
    targets: Mapping[str, Mapping[str, float]]
    single_step: bool = False


COMPARISONS = {
    "rings": MADEComparison(
        description="Rings: RealNVP, MADE and two-stage MADE at equal numbers of"
        " parameters.",
        density="rings",
        bounds=[[-4.0, 4.0], [-4.0, 4.0]],
        noise_scales=(0.2, 0.25, 0.3, 0.4),
        published={"realnvp": 2.81, "made3": 3.26, "made6": 2.81, "two-stage3": 2.71},
        targets={
            "realnvp": {"nll": 2.81},
            "made3": {"nll": 3.35},
            "made6": {"nll": 2.85},
            "two-stage3": {"bound": 2.71, "iw": 2.66},
            "best": {"bound": 2.68, "iw": 2.645},
        },
        single_step=True,
    ),
    "olympics": MADEComparison(
        description="Olympics: RealNVP, MADE and two-stage MADE at equal numbers of"
        " parameters.\n\nThe paper does not define its data set and this one is ours,"
        " so the published numbers are for orientation only.",
        density="olympics",
        bounds=[[-3.0, 3.0], [-2.0, 2.0]],
        noise_scales=(0.1, 0.15, 0.2, 0.3),
        published={"realnvp": 1.80, "made3": 1.27, "made6": 0.80, "two-stage3": 0.80},
        targets={
            "made3": {"nll": 1.30},
            "made6": {"nll": 0.70},
            "two-stage3": {"bound": 0.80, "iw": 0.72},
            "best": {"iw": 0.60},
        },
    ),
}


def run(comparison: MADEComparison, job: Job) -> Result:
    """Trains, compares and draws all models of one data set.

    Args:
      comparison: data set and targets.
      job: the run.

    Returns:
      Tables and figures of the models, a table of the candidates among which validation
      chose and, if it is studied, a table and a figure of single-step denoising.

    Raises:
      FloatingPointError: the training of a model diverged with every noise scale.
      RuntimeError: cells failed; see `Cells.run`.
    """
    density, bounds = comparison.density, comparison.bounds
    study = Study(density, bounds, tuple(_make_models(comparison)))
    table, choices, results = search.run(study, job.cells, quick=job.quick)
    table = dataclasses.replace(table, criteria=(*table.criteria, _same_size(table)))
    pictured = [model for model in study.models if model.name in _PICTURED]
    arrays = {
        model.name: search.read_first_arrays(job.cells, model) for model in pictured
    }
    data = compute_data_arrays(density, bounds)
    result = Result(
        tables={"table": table, "choices": choices},
        figures={
            "figure": figures.draw_samples_and_densities(
                data,
                [
                    (model.label.partition(":")[0], arrays[model.name])
                    for model in pictured
                ],
                bounds,
            )
        },
        captions={
            "figure": f"{density}: samples and densities. The density of a two-stage"
            " model is its importance-weighted estimate."
        },
    )
    if comparison.single_step:
        model = next(m for m in study.models if m.arguments.get("single_step"))
        cell = search.final_name(model, search.SEEDS[0])
        distances = results[cell]["single_step"]
        result.tables["denoising"] = _make_denoising_table(distances)
        result.figures["denoising"] = figures.draw_denoising(
            arrays[model.name], distances, data["samples"], bounds
        )
        result.captions["denoising"] = (
            "Single-step denoising, x~ + s^2 d/dx~ log p(x~), as arrows from x~, in one"
            " quadrant. Circles mark the exact E[x|x~]."
        )
    return result


def _make_denoising_table(distances: Mapping[str, float]) -> Table:
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
        notes=("Measured with one seed, over all points; there is no standard error.",),
        directions={"distance": LOWER_IS_BETTER},
        criteria=(
            Criterion(
                "ratio of the distances after and before the exact single step",
                distances["exact"] / distances["x_smoothed"],
                maximum=1.0,
            ),
        ),
    )


def _make_models(comparison: MADEComparison) -> list[ComparedModel]:
    limit = max(high for _, high in comparison.bounds)

    def made(
        width: int, num_mixtures: int, initial_range: float = limit, **config
    ) -> Json:
        config |= {
            "hidden_units": [width] * 3,
            "num_mixtures": num_mixtures,
            "activation": "silu",
            "initial_range": initial_range,
        }
        return {"model": "made", "config": config}

    # The mixtures of p(x | x~) start around x~, spread over the reach of the noise.
    reach = 0.5
    two_stage = {"smoothing": "gaussian", "training": search.TRAINING}
    small = {"smoothed": made(110, 3), "reverse": made(170, 3, reach)}
    best = {"smoothed": made(100, 10), "reverse": made(160, 10, reach)}
    # With only three logistics, those of p(x_1) stay where an even start has put them;
    # with six, validation prefers the even start.
    made3 = made(207, 3, initial_jitter=1.0)
    realnvp = {
        "model": "realnvp",
        "config": {
            "num_couplings": 16,
            "hidden_units": [72, 72],
            "activation": "silu",
        },
    }
    models = [
        (
            "realnvp",
            "RealNVP",
            train_plain,
            {"model": realnvp, "training": search.REALNVP_TRAINING},
            (),
        ),
        ("made3", "MADE (3)", train_plain, {"model": made3}, ()),
        ("made6", "MADE (6)", train_plain, {"model": made(203, 6)}, ()),
        (
            "two-stage3",
            "two-stage MADE (3)",
            train_two_stage,
            {**two_stage, **small, "single_step": comparison.single_step},
            comparison.noise_scales,
        ),
        (
            "learned3",
            "two-stage MADE (3): learned noise scale",
            train_learned_noise,
            {**small, "noise_scale": 0.3},
            (),
        ),
        (
            "best",
            "two-stage MADE (10)",
            train_two_stage,
            {**two_stage, **best},
            comparison.noise_scales,
        ),
    ]
    return [
        ComparedModel(
            name,
            label,
            function,
            {"training": search.TRAINING} | arguments,
            noise_scales,
            comparison.published.get(name),
            comparison.targets.get(name, {}),
        )
        for name, label, function, arguments, noise_scales in models
    ]


def _same_size(table: Table) -> Criterion:
    counts = [row["parameters"] for row in table.rows if "parameters" in row]
    return Criterion(
        f"largest relative difference from {_NUM_PARAMETERS} parameters",
        max(abs(count / _NUM_PARAMETERS - 1.0) for count in counts),
        maximum=_TOLERANCE,
    )
