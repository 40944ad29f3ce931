"""Search, final runs and tables of the experiments on two-dimensional data."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from experiments.cells import Cell, Cells
from experiments.report.table import Criterion, Table, TableRow
from experiments.toys.compared_model import ComparedModel
from experiments.toys.pictures import read_arrays
from experiments.toys.scores import NUM_DRAWS
from experiments.toys.study import Study
from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER

Json = dict[str, Any]

# The paper states neither lengths nor rates; these are ours.
TRAINING = {
    "num_steps": 20_000,
    "batch_size": 500,
    "learning_rate": 2e-3,
    "learning_rate_schedule": "cosine",
    "ema_momentum": 0.999,
}
# Without clipping, deep chains diverge on thin rings.
REALNVP_TRAINING = TRAINING | {"clip_norm": 1.0}
SEEDS = (0, 1, 2)
NUM_RESTARTS = 3
_QUICK_GRID_SIZE = 80
# Scores, nats; each is the name of a column.
_SCORES = ("nll", "bound", "iw")


def run(study: Study, cells: Cells, *, quick: bool) -> tuple[Table, Table, dict]:
    """Searches noise scales, then trains and scores all models.

    Args:
      study: models to compare.
      cells: runner of the cells.
      quick: whether to take few steps and points, and one seed.

    Returns:
      (table of the models, table of the search and the restarts, name of a cell ->
      result).

    Raises:
      FloatingPointError: the training of a model diverged with every noise scale.
      RuntimeError: cells failed; see `Cells.run`.
    """
    if quick:
        study = study.shorten()
    searched = cells.run(list(_make_search_cells(study)))
    scales = {model.name: _choose_scale(model, searched) for model in study.models}
    finals = cells.run(list(_make_final_cells(study, scales, quick=quick)))
    return (
        _make_table(study, finals, quick=quick),
        _make_choices_table(study, searched, finals),
        searched | finals,
    )


def final_name(model: ComparedModel, seed: int) -> str:
    """Names the cell of a model's final run."""
    return f"{model.name}-seed{seed}"


def read_first_arrays(cells: Cells, model: ComparedModel) -> Mapping[str, np.ndarray]:
    """Reads the arrays that the first seed of a model wrote for the figures."""
    return read_arrays(cells.directory(final_name(model, SEEDS[0])))


def num_held_out(quick: bool) -> int:
    """Returns the number of points on which models are scored."""
    return 1000 if quick else 50_000


def entropy(density: str) -> float:
    """Computes the entropy of a density, nats, the least that a model can reach."""
    return float(DENSITIES[density]().entropy())


def _search_name(model: ComparedModel, noise_scale: float) -> str:
    return f"search-{model.name}-{noise_scale:g}"


def _make_search_cells(study: Study) -> Iterator[Cell]:
    for model in study.models:
        training = model.arguments["training"] | {"num_steps": study.search_steps}
        for scale in model.noise_scales if len(model.noise_scales) > 1 else ():
            arguments = model.arguments | {
                "density": study.density,
                "noise_scale": scale,
                "training": training,
                "seed": SEEDS[0],
                "num_points": 0,
                "num_restarts": 1,
            }
            if "single_step" in arguments:
                arguments["single_step"] = False
            yield Cell(_search_name(model, scale), model.function, arguments)


def _choose_scale(model: ComparedModel, searched: Mapping[str, Json]) -> float | None:
    if len(model.noise_scales) < 2:
        return model.noise_scales[0] if model.noise_scales else None
    losses = {
        scale: searched[_search_name(model, scale)]["validation"]
        for scale in model.noise_scales
    }
    finite = [scale for scale, loss in losses.items() if loss is not None]
    if not finite:
        raise FloatingPointError(
            f"Training of {model.label!r} diverged with every noise scale. Try a lower"
            " learning rate."
        )
    return min(finite, key=losses.__getitem__)


def _make_final_cells(
    study: Study, scales: Mapping[str, float | None], *, quick: bool
) -> Iterator[Cell]:
    for seed in SEEDS[:1] if quick else SEEDS:
        for model in study.models:
            arguments = model.arguments | {
                "density": study.density,
                "seed": seed,
                "num_points": num_held_out(quick),
                "num_restarts": 1 if quick else NUM_RESTARTS,
            }
            if scales[model.name] is not None:
                arguments["noise_scale"] = scales[model.name]
            if seed == SEEDS[0]:
                arguments["pictures"] = study.bounds
                if quick:
                    arguments["grid_size"] = _QUICK_GRID_SIZE
            elif "single_step" in arguments:
                arguments["single_step"] = False
            yield Cell(final_name(model, seed), model.function, arguments)


def _make_table(study: Study, finals: Mapping[str, Json], *, quick: bool) -> Table:
    rows, criteria = [], []
    for model in study.models:
        row = _make_row(model, finals)
        rows.append(row)
        criteria.extend(
            Criterion(f"{model.label}: {score}", row[score], maximum=target)
            for score, target in model.targets.items()
        )
    rows.append(
        {"model": "entropy of the data: the floor", "nll": entropy(study.density)}
    )
    columns = ["model", "parameters", "noise_scale", "published"]
    columns += [
        f"{score}{part}" for score in _SCORES for part in ("", "_spread", "_se")
    ]
    columns = tuple(
        name for name in columns if any(row.get(name) is not None for row in rows)
    )
    return Table(
        title=f"{study.density}, {num_held_out(quick)} held-out points, nats per point",
        columns=columns,
        rows=tuple(rows),
        directions={name: LOWER_IS_BETTER for name in _SCORES if name in columns},
        notes=(
            "nll: -log p(x). bound: -E_q[log p(x~) + log p(x|x~) - log q(x~|x)]. iw:"
            f" importance-weighted bound with K = {NUM_DRAWS}. Both bounds are upper"
            " bounds on nll.",
            "Each score is computed as the entropy plus the mean excess over -log p(x)"
            " of the data, which has a smaller standard error than the score itself.",
            f"Scores are means over {len(SEEDS)} seeds. _spread: standard deviation"
            " over the seeds. _se: standard error over the points, for the first seed,"
            " without the spread over trainings. The entropy is computed exactly.",
        ),
        criteria=tuple(criteria),
    )


def _make_row(model: ComparedModel, finals: Mapping[str, Json]) -> TableRow:
    names = [final_name(model, seed) for seed in SEEDS]
    results = [finals[name] for name in names if name in finals]
    row: TableRow = {
        "model": model.label,
        "parameters": results[0]["parameters"],
        "published": model.published,
    }
    if "noise_scale" in results[0]:
        row["noise_scale"] = statistics.mean(r["noise_scale"] for r in results)
    for score in _SCORES:
        if score in results[0]:
            values = [result[score] for result in results]
            row[score] = statistics.mean(values)
            row[f"{score}_spread"] = statistics.stdev(values) if values[1:] else None
            row[f"{score}_se"] = results[0][f"{score}_se"]
    return row


def _make_choices_table(
    study: Study, searched: Mapping[str, Json], finals: Mapping[str, Json]
) -> Table:
    """Lists all candidates among which validation chose."""
    rows = [
        row
        for model in study.models
        for choice, losses in _collect_losses(model, searched, finals).items()
        for row in _make_choice_rows(model.label, choice, losses)
    ]
    return Table(
        title=f"{study.density}: candidates among which validation chose",
        columns=("model", "choice", "validation", "chosen"),
        rows=tuple(rows),
        directions={"validation": LOWER_IS_BETTER},
        notes=(
            "validation: nats on 10,000 fresh points, blank if the training diverged."
            " The best of a model's noise scales"
            f" ({study.search_steps} steps, one seed) and the best of a stage's starts"
            " (short runs) are trained at full length. The loss serves the choice only,"
            " so it has no standard error.",
        ),
    )


def _collect_losses(
    model: ComparedModel, searched: Mapping[str, Json], finals: Mapping[str, Json]
) -> dict[str, dict[str, float | None]]:
    """Collects choice -> candidate -> validation loss of a model."""
    losses: dict[str, dict[str, float | None]] = {
        "noise scale": {
            f"{scale:g}": searched[_search_name(model, scale)]["validation"]
            for scale in model.noise_scales
            if _search_name(model, scale) in searched
        }
    }
    for seed in SEEDS:
        result = finals.get(final_name(model, seed), {"restarts": {}})
        for stage, values in result["restarts"].items():
            losses[f"seed {seed}, {stage}, start"] = {
                str(number): value for number, value in enumerate(values)
            }
    return losses


def _make_choice_rows(
    label: str, choice: str, losses: Mapping[str, float | None]
) -> Sequence[TableRow]:
    finite = [loss for loss in losses.values() if loss is not None]
    return [
        {
            "model": label,
            "choice": f"{choice} {candidate}",
            "validation": loss,
            "chosen": "chosen" if loss == min(finite) else None,
        }
        for candidate, loss in losses.items()
    ]
