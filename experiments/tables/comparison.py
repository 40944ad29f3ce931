"""MADE and RealNVP, plain and in two stages, against a Gaussian, on a small table."""

import dataclasses
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from experiments.cells import Cell
from experiments.job import Job
from experiments.report.table import (
    Measurement,
    Result,
    Table,
    TableRow,
    column_names,
)
from experiments.tables import runs
from experiments.tables.data import gaussian_log_prob, open_table, write_table
from experiments.toys.scores import NUM_DRAWS
from smoothing_tf.artifacts import read_kept_npz
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER
from smoothing_tf.evaluation.likelihood import paired_difference

Json = dict[str, Any]

SEEDS = (0, 1, 2)
_NOISE_SCALES = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
_TRAINING = {
    "num_steps": 3000,
    "batch_size": 64,
    "learning_rate": 1e-3,
    "ema_momentum": 0.99,
    "clip_norm": 10.0,
}
_QUICK_STEPS = 100


@dataclasses.dataclass(frozen=True)
class TableComparison:
    """The comparison on one table.

    Attributes:
      description: title and description of the experiment.
      name: name of the table.
      made_width: units of the hidden layers of the plain MADE, which give it as many
        parameters as the two-stage one.
    """

    description: str
    name: str
    made_width: int


COMPARISONS = {
    name: TableComparison(
        f"{title}: MADE and RealNVP, plain and in two stages, against a Gaussian.\n\n"
        "This experiment is ours; the paper has no table.",
        name,
        width,
    )
    for name, title, width in (
        ("breast_cancer", "Breast cancer", 143),
        ("wine", "Wine", 116),
    )
}


@dataclasses.dataclass(frozen=True)
class _Model:
    """A model of the comparison; one without noise scales has one stage."""

    name: str
    label: str
    arguments: Json
    noise_scales: tuple[float, ...] = ()

    def cell(self, table: str, scale: float | None, seed: int, training: Json) -> Cell:
        arguments = {
            "table": table,
            "training": training,
            "seed": seed,
            **self.arguments,
        }
        name = f"{self.name}-seed{seed}"
        if scale is None:
            return Cell(name, runs.train_plain, arguments)
        return Cell(
            f"{self.name}-{scale:g}-seed{seed}",
            runs.train_two_stage,
            arguments | {"noise_scale": scale},
        )


def _models(made_width: int) -> tuple[_Model, ...]:
    def made(width: int) -> Json:
        config = {
            "hidden_units": [width, width],
            "num_mixtures": 2,
            "activation": "silu",
            "initial_range": 2.0,
            "dropout": 0.2,
        }
        return {"model": "made", "config": config}

    def realnvp(width: int) -> Json:
        # Rows far from all others make couplings that stretch more explode.
        config = {
            "num_couplings": 4,
            "hidden_units": [width],
            "activation": "silu",
            "log_scale_limit": 0.5,
        }
        return {"model": "realnvp", "config": config}

    return (
        _Model("made", "MADE", {"model": made(made_width)}),
        _Model(
            "two-stage-made",
            "two-stage MADE",
            {"smoothed": made(64), "reverse": made(64)},
            _NOISE_SCALES,
        ),
        _Model("realnvp", "RealNVP", {"model": realnvp(43)}),
        _Model(
            "two-stage-realnvp",
            "two-stage RealNVP",
            {"smoothed": realnvp(16), "reverse": realnvp(16)},
            _NOISE_SCALES,
        ),
    )


def run(comparison: TableComparison, job: Job) -> Result:
    """Trains all models, and compares their likelihoods of the test rows.

    Args:
      comparison: the table.
      job: the run; the table is written to its directory as NAME.csv.

    Returns:
      A table of the models, and a table of the noise scales among which validation
      chose.

    Raises:
      RuntimeError: cells failed; see `Cells.run`.
    """
    path = write_table(comparison.name, job.directory)
    dataset = open_table(path)
    training = _TRAINING | ({"num_steps": _QUICK_STEPS} if job.quick else {})
    seeds, models = SEEDS[: 1 if job.quick else None], _models(comparison.made_width)
    if job.quick:
        models = tuple(
            dataclasses.replace(model, noise_scales=model.noise_scales[:1])
            for model in models
        )

    def cell(model: _Model, scale: float | None, seed: int) -> Cell:
        return model.cell(str(path), scale, seed, training)

    # The run that chooses a noise scale is also the first of the final ones.
    searched = {
        (model.name, scale): cell(model, scale, seeds[0])
        for model in models
        for scale in model.noise_scales or (None,)
    }
    results = job.cells.run(list(searched.values()))
    losses = {
        key: results[candidate.name]["validation"]
        for key, candidate in searched.items()
    }
    scales = {
        model.name: min(
            model.noise_scales or (None,),
            key=lambda scale, name=model.name: losses[name, scale],
        )
        for model in models
    }
    finals = {
        model.name: [cell(model, scales[model.name], seed) for seed in seeds]
        for model in models
    }
    every = [final for cells in finals.values() for final in cells]
    results |= job.cells.run([final for final in every if final.name not in results])
    scored = {
        name: [_scores(job, final) for final in cells] for name, cells in finals.items()
    }
    gaussian = -gaussian_log_prob(dataset.array("train"), dataset.array("test"))
    rows = [
        {
            "model": "Gaussian, full covariance",
            "parameters": _gaussian_parameters(dataset.event_shape[0]),
            "nll": Measurement.of_mean(gaussian),
        },
        *(
            _row(model, scales[model.name], finals, scored, results, gaussian)
            for model in models
        ),
    ]
    log_volume = dataset.standardization.log_volume
    table = Table(
        title=(
            f"{comparison.name}, {len(gaussian)} test rows of {dataset.event_shape[0]}"
            " standardized columns, nats per row"
        ),
        columns=column_names(rows),
        rows=tuple(rows),
        notes=(
            f"nll: -log p(x). bound, and iw with K = {NUM_DRAWS}: upper bounds on it."
            " behind: mean paired difference of nll or iw from that of the Gaussian."
            " +-: standard error over the rows, of the mean of all seeds. It leaves out"
            " the spread over trainings.",
            "spread: standard deviation of nll or iw over the seeds.",
            "In raw units all likelihoods are"
            f" {log_volume:+.4f} nats away: the sum of the logarithms of the columns'"
            " standard deviations.",
        ),
        directions={name: LOWER_IS_BETTER for name in ("nll", "bound", "iw", "behind")},
    )
    return Result({"table": table, "choices": _choices(models, losses, scales)}, {})


def _gaussian_parameters(num_columns: int) -> int:
    return num_columns + num_columns * (num_columns + 1) // 2


def _scores(job: Job, cell: Cell) -> Mapping[str, np.ndarray]:
    return read_kept_npz(job.cells.directory(cell.name) / runs.SCORES_FILE)


def _row(
    model: _Model,
    scale: float | None,
    finals: Mapping[str, Sequence[Cell]],
    scored: Mapping[str, Sequence[Mapping[str, np.ndarray]]],
    results: Mapping[str, Json],
    gaussian: np.ndarray,
) -> TableRow:
    row: TableRow = {
        "model": model.label,
        "parameters": results[finals[model.name][0].name]["parameters"],
        "noise_scale": scale,
    }
    every = scored[model.name]
    best = "nll" if scale is None else "iw"
    for name in every[0]:
        # Averaged over the seeds first: the rows are the same for all.
        mean = np.mean([scores[name] for scores in every], axis=0)
        row[name] = Measurement.of_mean(mean, is_bound=name != "nll")
    mean = np.mean([scores[best] for scores in every], axis=0)
    row["behind"] = Measurement(*paired_difference(mean, gaussian), n=len(mean))
    values = [float(scores[best].mean()) for scores in every]
    row["spread"] = statistics.stdev(values) if len(values) > 1 else None
    return row


def _choices(
    models: Sequence[_Model],
    losses: Mapping[tuple[str, float | None], float],
    scales: Mapping[str, float | None],
) -> Table:
    def rows() -> Iterator[TableRow]:
        for model in models:
            for scale in model.noise_scales:
                yield {
                    "model": model.label,
                    "noise_scale": scale,
                    "validation": losses[model.name, scale],
                    "chosen": "chosen" if scale == scales[model.name] else None,
                }

    return Table(
        title="Noise scales among which validation chose",
        columns=("model", "noise_scale", "validation", "chosen"),
        rows=tuple(rows()),
        notes=(
            "validation: negative bound on the validation rows, nats, with 20 draws of"
            " x~ per row and the best of the weights after every 50 steps. It serves"
            " the choice only, so it has no standard error.",
        ),
        directions={"validation": LOWER_IS_BETTER},
    )
