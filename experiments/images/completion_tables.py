"""Tables and figures of the experiment `compounding`."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from experiments.images.completion_scores import CompletionJudge, Scores
from experiments.images.reference import subtract
from experiments.images.trainings import average_distances, average_images
from experiments.report import style
from experiments.report.table import Measurement, Table, TableRow, column_names
from smoothing_tf.evaluation.directions import HIGHER_IS_BETTER, LOWER_IS_BETTER
from smoothing_tf.numerics import unit_to_uint8
from smoothing_tf.sampling import pictures

BASELINE = "baseline"
# (model, share drawn) -> scores of each training.
Scored = dict[tuple[str, float], list[Scores]]


class Completions(NamedTuple):
    """Completions of the same n images by one model.

    Attributes:
      images: share drawn -> completed images on [-1, 1], float32 [n, h, w, c].
      effective: share drawn -> effective number of particles of each image, [n]; empty
        for a model without particles.
    """

    images: dict[float, np.ndarray]
    effective: dict[float, np.ndarray]


_PER_IMAGE = ("same_class", "confident")
_NUM_PICTURED = 16


def make_table(
    judge: CompletionJudge,
    scored: Scored,
    itself: Scores,
    completed: Mapping[str, Sequence[Completions]],
    title: str,
    notes: Sequence[str],
) -> Table:
    """Makes the table of the scores of each model and share.

    Args:
      judge: the judge that gave the scores.
      scored: scores of the completions.
      itself: scores of the true images, which are their completions at share 0.
      completed: model -> completions of each training.
      title: name of the data set.
      notes: notes of the table.
    """
    first: TableRow = {"share drawn": 0.0, "model": "none: the true images"}
    first |= {name: average_images([itself.per_image[name]]) for name in _PER_IMAGE}
    # Their own distance is subtracted from all distances.
    first |= {f"fd_{name}": Measurement(0.0) for name in judge.extractors}
    rows = [first]
    for (model, share), scores in sorted(scored.items(), key=lambda item: item[0][1]):
        row: TableRow = {"share drawn": share, "model": model}
        rows.append(row)
        reason = _find_reason(scores)
        if reason is not None:
            row["reason"] = reason
            continue
        row |= _measure(judge, scores, itself)
        effective = [one.effective.get(share) for one in completed[model]]
        if all(number is not None for number in effective):
            row["effective"] = average_images(effective)
    return _table(judge, f"{title}: completed images", rows, notes)


def make_differences(
    judge: CompletionJudge, scored: Scored, two_stage: str, title: str, errors: str
) -> Table:
    """Makes the table of the differences of the baseline from two stages.

    Args:
      judge: the judge that gave the scores.
      scored: scores of the completions.
      two_stage: name of the two-stage model.
      title: name of the data set.
      errors: sentence about the errors.
    """
    rows = []
    for share in dict.fromkeys(share for _, share in scored):
        both = list(zip(scored[BASELINE, share], scored[two_stage, share], strict=True))
        row: TableRow = {"share drawn": share}
        rows.append(row)
        reason = _find_reason([scores for pair in both for scores in pair])
        if reason is not None:
            row["reason"] = reason
            continue
        for name in _PER_IMAGE:
            row[name] = average_images(
                [ours.per_image[name] - two.per_image[name] for ours, two in both]
            )
        for extractor in judge.extractors:
            row[f"fd_{extractor}"] = _average_differences(extractor, both)
    notes = (
        f"Paired differences on the same images. +-: standard error. {errors}",
        "Two stages are ahead where same_class or confident is negative, or fd"
        " positive.",
    )
    title = f"{title}: baseline minus {two_stage}"
    return Table(title, column_names(rows), tuple(rows), notes)


@style.apply()
def draw_growth(table: Table) -> bytes:
    """Draws the scores of `make_table` against the share drawn, with their errors."""
    figure = Figure(figsize=(style.PAGE_WIDTH, 4.6))
    start, *rows = table.rows
    names = list(dict.fromkeys(row["model"] for row in rows))
    for axes, score in zip(figure.subplots(2, 2).flat, table.directions, strict=True):
        for model, color, mark in style.curves(names):
            own = [row for row in rows if row["model"] == model and score in row]
            shown = [start, *own]
            axes.errorbar(
                [row["share drawn"] for row in shown],
                [row[score].value for row in shown],
                yerr=[row[score].error or 0.0 for row in shown],
                fmt=mark,
                color=color,
                label=model,
                capsize=2,
            )
        axes.set_xlabel("share of the image that is drawn")
        axes.set_ylabel(score)
        axes.set_xticks([row["share drawn"] for row in shown])
    figure.axes[0].legend()
    return style.to_png(figure)


def draw_pictures(
    x: np.ndarray, baseline: Completions, two_stages: Completions, num_levels: int
) -> bytes:
    """Draws the first images and their completions, as PNG.

    Args:
      x: true images on [-1, 1], float32 [n, h, w, c].
      baseline: completions by the baseline.
      two_stages: completions by two stages.
      num_levels: number of levels of the data.
    """
    shown = {"True images": x}  # The completions follow, except for non-finite ones.
    for caption, found in (("Baseline", baseline), ("2 stages", two_stages)):
        for share, images in found.images.items():
            if share < 1.0 and np.isfinite(images).all():
                shown[f"{caption} {share:.0%}"] = images
    columns = {
        caption: unit_to_uint8(images[:_NUM_PICTURED], num_levels).numpy()
        for caption, images in shown.items()
    }
    return pictures.png_bytes(
        pictures.labeled_columns(columns, columns=2, num_images=_NUM_PICTURED)
    )


def _find_reason(scores: Sequence[Scores]) -> str | None:
    """Returns the first reason for which scores are missing; None if none are."""
    return next((one.reason for one in scores if one.reason is not None), None)


def _measure(
    judge: CompletionJudge, scores: Sequence[Scores], itself: Scores
) -> dict[str, Measurement]:
    """Averages scores over trainings; distances are those above the true images'."""
    measured = {
        name: average_images([one.per_image[name] for one in scores])
        for name in _PER_IMAGE
    }
    for extractor in judge.extractors:
        measured[f"fd_{extractor}"] = _average_differences(
            extractor, [(one, itself) for one in scores]
        )
    return measured


def _average_differences(
    extractor: str, pairs: Sequence[tuple[Scores, Scores]]
) -> Measurement:
    """Averages by how much the first images are farther from real ones."""
    return average_distances(
        [
            subtract(first.distances[extractor], second.distances[extractor])
            for first, second in pairs
        ]
    )


def _table(
    judge: CompletionJudge, title: str, rows: Sequence[TableRow], notes: Sequence[str]
) -> Table:
    directions = dict.fromkeys(_PER_IMAGE, HIGHER_IS_BETTER)
    directions |= {f"fd_{name}": LOWER_IS_BETTER for name in judge.extractors}
    return Table(
        title, column_names(rows), tuple(rows), tuple(notes), directions=directions
    )
