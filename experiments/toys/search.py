"""What the experiments on two-dimensional data share: search, finals, table."""

import dataclasses
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from experiments.cells import Cell, Cells
from experiments.report.table import Criterion, Table
from experiments.toys import scores as toy_scores
from smoothing_tf import artifacts
from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER

Json = dict[str, Any]

# All lengths and rates are ours; the paper names none.
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
# Bounds on log p(x), with the names of their columns.
_SCORES = ("nll", "bound", "iw")


@dataclasses.dataclass(frozen=True)
class Row:
    """One model of a table, trained once per seed.

    Attributes:
      name: path-safe, names its cells.
      label: what the table calls it.
      function: in `plane_cells`, makes one cell.
      arguments: of the function, but for seed, lengths and pictures.
      noise_scales: candidates of a two-stage model, of which a short run of one seed
        on validation data chooses; empty: nothing to choose.
      published: negative log-likelihood or bound in the paper, nats.
      targets: name of a score -> the most it may be, nats.
    """

    name: str
    label: str
    function: Any
    arguments: Json
    noise_scales: tuple[float, ...] = ()
    published: float | None = None
    targets: Mapping[str, float] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Study:
    """Models of one density, compared.

    Attributes:
      density: a key of DENSITIES.
      bounds: [low, high] of each coordinate, for the pictures.
      rows: the models.
      search_steps: length of the runs that choose a noise scale.
    """

    density: str
    bounds: list[list[float]]
    rows: tuple[Row, ...]
    search_steps: int = 5000


def shortened(study: Study) -> Study:
    """The same study with hardly any steps: shows that it runs."""
    rows = []
    for row in study.rows:
        training = row.arguments["training"] | {"num_steps": 100}
        rows.append(
            dataclasses.replace(
                row,
                arguments=row.arguments | {"training": training},
                noise_scales=row.noise_scales[:1],
            )
        )
    return dataclasses.replace(study, rows=tuple(rows), search_steps=100)


def run(study: Study, cells: Cells, *, quick: bool) -> tuple[Table, Table, dict]:
    """Searches, trains and scores all rows.

    Args:
      study: what to compare.
      cells: computes.
      quick: hardly any steps and points, one seed.

    Returns:
      (table of the models, table of the search and of the restarts, results of the
      cells by name).

    Raises:
      FloatingPointError: the training of a row diverged with every noise scale.
      RuntimeError: see `Cells.run`.
    """
    if quick:
        study = shortened(study)
    searched = cells.run(list(_search_cells(study)))
    scales = {row.name: _best_scale(row, searched) for row in study.rows}
    finals = cells.run(list(_final_cells(study, scales, quick=quick)))
    return (
        _table(study, finals, quick=quick),
        _choices(study, searched, finals),
        searched | finals,
    )


def final_name(row: Row, seed: int) -> str:
    """Name of the cell of a row and a seed."""
    return f"{row.name}-seed{seed}"


def arrays_of(cells: Cells, row: Row) -> Mapping[str, np.ndarray]:
    """What the row's first seed wrote for the pictures."""
    directory = cells.directory(final_name(row, SEEDS[0]))
    return artifacts.read_kept_npz(directory / "arrays.npz")


def _search_name(row: Row, noise_scale: float) -> str:
    return f"search-{row.name}-{noise_scale:g}"


def _search_cells(study: Study) -> Iterator[Cell]:
    for row in study.rows:
        training = row.arguments["training"] | {"num_steps": study.search_steps}
        for scale in row.noise_scales if len(row.noise_scales) > 1 else ():
            arguments = row.arguments | {
                "density": study.density,
                "noise_scale": scale,
                "training": training,
                "seed": SEEDS[0],
                "num_points": 0,
                "num_restarts": 1,
            }
            if "single_step" in arguments:
                arguments["single_step"] = False
            yield Cell(_search_name(row, scale), row.function, arguments)


def _best_scale(row: Row, searched: Mapping[str, Json]) -> float | None:
    if len(row.noise_scales) < 2:
        return row.noise_scales[0] if row.noise_scales else None
    losses = {
        scale: searched[_search_name(row, scale)]["validation"]
        for scale in row.noise_scales
    }
    finite = [scale for scale, loss in losses.items() if loss is not None]
    if not finite:
        raise FloatingPointError(
            f"Training of {row.label!r} diverged with every noise scale. Try a lower"
            " learning rate."
        )
    return min(finite, key=losses.__getitem__)


def _final_cells(
    study: Study, scales: Mapping[str, float | None], *, quick: bool
) -> Iterator[Cell]:
    for seed in SEEDS[:1] if quick else SEEDS:
        for row in study.rows:
            arguments = row.arguments | {
                "density": study.density,
                "seed": seed,
                "num_points": num_held_out(quick),
                "num_restarts": 1 if quick else NUM_RESTARTS,
            }
            if scales[row.name] is not None:
                arguments["noise_scale"] = scales[row.name]
            if seed == SEEDS[0]:
                arguments["pictures"] = study.bounds
                if quick:
                    arguments["grid_size"] = _QUICK_GRID_SIZE
            elif "single_step" in arguments:
                arguments["single_step"] = False
            yield Cell(final_name(row, seed), row.function, arguments)


def _table(study: Study, finals: Mapping[str, Json], *, quick: bool) -> Table:
    floor = entropy(study.density)
    rows, criteria = [], []
    for row in study.rows:
        results = _of_row(row, finals)
        cells: Json = {
            "model": row.label,
            "parameters": results[0]["parameters"],
            "published": row.published,
        }
        if "noise_scale" in results[0]:
            cells["noise_scale"] = statistics.mean(r["noise_scale"] for r in results)
        for score in _SCORES:
            if score not in results[0]:
                continue
            values = [result[score] for result in results]
            cells[score] = statistics.mean(values)
            cells[f"{score}_spread"] = statistics.stdev(values) if values[1:] else None
            cells[f"{score}_se"] = results[0][f"{score}_se"]
            if score in row.targets:
                criteria.append(
                    Criterion(
                        f"{row.label}: {score}",
                        cells[score],
                        maximum=row.targets[score],
                    )
                )
        rows.append(cells)
    rows.append({"model": "entropy of the data: the floor", "nll": floor})
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
            f" importance-weighted with K = {toy_scores.NUM_DRAWS}. Both bounds are"
            " from above.",
            "Each is the entropy plus the mean excess over -log p(x) of the data, which"
            " has the smaller error.",
            f"Mean over {len(SEEDS)} seeds, spread: their standard deviation, se:"
            " standard error over the points, for the first seed. The entropy is"
            " computed, not measured.",
        ),
        criteria=tuple(criteria),
    )


def _choices(
    study: Study, searched: Mapping[str, Json], finals: Mapping[str, Json]
) -> Table:
    """Everything that validation chose among."""
    rows = []
    for row in study.rows:
        groups = {
            "noise scale": {
                f"{scale:g}": searched[_search_name(row, scale)]["validation"]
                for scale in row.noise_scales
                if _search_name(row, scale) in searched
            }
        }
        for seed in SEEDS:
            result = finals.get(final_name(row, seed), {"restarts": {}})
            groups |= {
                f"seed {seed}, {stage}, start": dict(enumerate(losses))
                for stage, losses in result["restarts"].items()
            }
        for kind, losses in groups.items():
            finite = [loss for loss in losses.values() if loss is not None]
            rows.extend(
                {
                    "model": row.label,
                    "choice": f"{kind} {name}",
                    "validation": loss,
                    "chosen": "chosen" if loss == min(finite) else None,
                }
                for name, loss in losses.items()
            )
    return Table(
        title=f"{study.density}: what validation chose among",
        columns=("model", "choice", "validation", "chosen"),
        rows=tuple(rows),
        directions={"validation": LOWER_IS_BETTER},
        notes=(
            "validation: nats on 10,000 fresh points; the lowest of a model's noise"
            f" scales ({study.search_steps} steps, one seed), and of a stage's starts"
            " (short runs), is trained for the whole length. A blank diverged. It only"
            " chooses: there is no standard error.",
        ),
    )


def _of_row(row: Row, finals: Mapping[str, Json]) -> Sequence[Json]:
    names = [final_name(row, seed) for seed in SEEDS]
    return [finals[name] for name in names if name in finals]


def num_held_out(quick: bool) -> int:
    """How many points the models of a table are scored on."""
    return 1000 if quick else 50_000


def entropy(density: str) -> float:
    """Entropy of a density, nats: the least that any model can reach."""
    return float(DENSITIES[density]().entropy())
