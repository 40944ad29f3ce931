"""Compounding: how errors grow with the share of an image that is drawn.

An autoregressive model draws each pixel given what it drew before, so that errors of
early pixels spoil later ones. Here the first rows of held-out images are given and the
models draw the others, from none of the rows to all of them. Compared are a baseline
on clean data and two stages, by a classifier and by Frechet distances in two spaces of
features.
"""

import pathlib
from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np

from experiments.images import digits, runs
from experiments.images.completion import (
    complete_directly,
    complete_in_two_stages,
    given_rows,
)
from experiments.images.completion_scores import CONFIDENT, CompletionJudge
from experiments.images.completion_tables import (
    BASELINE,
    Completions,
    Scored,
    draw_growth,
    draw_pictures,
    make_differences,
    make_table,
)
from experiments.images.kept_draws import open_draws
from experiments.images.trainings import describe_errors, describe_first, seeded
from experiments.job import Job
from experiments.report.table import Measurement, Result
from smoothing_tf import workdir
from smoothing_tf.config import Config, parse
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.subsets import subset_indices
from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.trained import Trained
from smoothing_tf.numerics import levels_to_uint8, levels_to_unit
from smoothing_tf.stage import TWO_STAGES, Stage
from smoothing_tf.stages import make_model

SHARES = (0.25, 0.5, 0.75, 1.0)


class _Size(NamedTuple):
    """Numbers of images, particles and real images for comparison (None: many)."""

    num_images: int = 200
    num_particles: int = 8
    max_reference: int | None = None


_QUICK = _Size(num_images=20, num_particles=2, max_reference=200)


def run(job: Job) -> Result:
    """Trains the stages and the baseline, completes images, and scores them.

    Args:
      job: the run, with the flags of a configuration. Without any it takes the digits
        and the trainings of the experiment `digits`; flags without a data set or a
        model change the configuration of the digits.

    Returns:
      Tables of the scores and of their paired differences; figures of their growth and
      of completed images.

    Raises:
      MissingInputError: the data set has no labels.
      ValueError: the data set has no images with levels, no image is held out, or a
        model is class-conditional or not autoregressive, or the baseline has another
        size than both stages.
    """
    flags, directory = _configure(job)
    size = _QUICK if job.quick else _Size()
    config = parse(flags)
    dataset = runs.open_images(config)
    counts = _check(config, dataset)
    judge = CompletionJudge(dataset, config.seed, size.max_reference)
    split = config.evaluation.split
    chosen = subset_indices(dataset.num_examples[split], size.num_images)
    levels, all_labels = dataset.array(split), dataset.labels(split)
    x = levels_to_unit(levels[chosen], dataset.num_levels).numpy()
    labels = all_labels[chosen]
    scored: Scored = {}
    completed: dict[str, list[Completions]] = {}
    for own, own_directory in seeded(flags, directory, job.num_seeds):
        own_config, _ = runs.train(own, own_directory, tuple(Stage), quick=job.quick)
        trained = workdir.load_trained(own_config, dataset, own_directory)
        kept = job.directory / f"completions-seed{own_config.seed}"
        for model, found in _complete(trained, x, size, own_config.seed, kept).items():
            completed.setdefault(model, []).append(found)
            for share, images in found.images.items():
                scored.setdefault((model, share), []).append(judge(images, labels))
    itself = judge(x, labels)
    accuracy = judge.accuracy(levels_to_uint8(levels, dataset.num_levels), all_labels)
    errors = describe_errors(job.num_seeds)
    both = counts["smoothed"] + counts["reverse"]
    notes = (
        *_make_notes(judge, len(x), split, accuracy),
        f"Parameters: {counts['baseline']:,} of the baseline, {both:,} of both stages"
        " together.",
        errors,
    )
    two_stage = _two_stage_name(size.num_particles)
    table = make_table(judge, scored, itself, completed, dataset.name, notes)
    return Result(
        {
            "table": table,
            "differences": make_differences(
                judge, scored, two_stage, dataset.name, errors
            ),
        },
        {
            "figure": draw_growth(table),
            "completions": draw_pictures(
                x,
                completed[BASELINE][0],
                completed[two_stage][0],
                dataset.num_levels,
            ),
        },
        {
            "figure": "Scores against the share of an image that is drawn. Bars: one"
            f" standard error. {errors}",
            "completions": "Held-out images, and the same with the last quarter, half"
            f" and three quarters drawn: by the baseline, and by two stages with"
            f" {size.num_particles} particles."
            + describe_first("All are", job.num_seeds),
        },
    )


def _make_notes(
    judge: CompletionJudge, num_images: int, split: str, accuracy: np.ndarray
) -> tuple[str, ...]:
    """Describes the scores, given whether the classifier is right about each image."""
    of_split = Measurement.of_mean(accuracy)
    return (
        f"The first rows of {num_images} images of the {split} split are given, the"
        " rest is drawn. At share 1 nothing is given.",
        "same_class: share of the images that are given the class of the true image by"
        " a classifier, which is trained on the training split. Of all"
        f" {of_split.n} images of the {split} split it recognizes"
        f" {of_split.to_text()}. Some images can be completed to another"
        " class, so even a perfect model would not keep this share; at share 1 it has"
        " only the share of images whose class it happens to draw.",
        f"confident: share with any class of probability {CONFIDENT} or more.",
        f"fd: Frechet distance to {judge.num_reference} training images, minus that of"
        " the true images themselves, so that it is 0 at share 0. Errors by jackknife"
        " over the images and the training images.",
        "The baseline draws from its exact conditional. With two stages the conditional"
        " is approximated by inpainting with particles, which are weighted and"
        " resampled by the likelihood of the given pixels; it is exact in the limit of"
        " many particles. With one particle, x~ is noised where x is given and drawn"
        " from p(x~) elsewhere, so that the other x~ depend on the given x only through"
        " its x~. At share 1 nothing is given: both models are exact, and the rows of"
        " one and of many particles show the same drawings. effective: mean over the"
        " images of the smallest effective number of particles.",
    )


def _configure(job: Job) -> tuple[tuple[str, ...], pathlib.Path]:
    """Returns the flags of the first training, and its directory."""
    names = {flag.lstrip("-").split("=")[0] for flag in job.flags}
    flags = job.flags
    if names.isdisjoint(("dataset", "model", "flagfile")):
        flags = (*digits.pixelcnnpp_flags(), *flags)
    if job.flags:
        return flags, job.directory / "workdir"
    return flags, job.digits_directory / digits.PIXELCNNPP


def _check(config: Config, dataset: Dataset) -> dict[str, int]:
    """Counts the parameters of each stage.

    Raises:
      ValueError: the models could not complete images, or could not be compared.
    """
    if config.evaluation.split == "train":
        raise ValueError(
            "compounding completes held-out images; got --split=train. Use test."
        )
    if config.is_class_conditional(tuple(Stage)):
        raise ValueError(
            "compounding compares models without classes; got --class_conditional. Drop"
            " it."
        )
    counts: dict[str, int] = {}
    for stage in Stage:
        model = make_model(config, stage, dataset)
        if not model.is_autoregressive:
            raise ValueError(
                "compounding needs an autoregressive model, such as made or pixelcnnpp,"
                f" in every stage; stage {stage} has {type(model).__name__}."
            )
        counts[stage] = model.count_params()
    runs.check_sizes(counts)
    return counts


def _two_stage_name(num_particles: int) -> str:
    plural = "s" * (num_particles > 1)
    return f"two stages, {num_particles} particle{plural}"


def _complete(
    trained: Trained, x: np.ndarray, size: _Size, seed: int, directory: pathlib.Path
) -> dict[str, Completions]:
    """Completes images with every model, or reads what an earlier run has stored.

    All shares are drawn at once, because most of the time of few images is that of
    compiling. What is drawn is stored about once a minute.
    """
    shares = SHARES[:-1]  # At share 1 one particle is as good as many.

    def draw_in_two_stages(num_particles: int, shares: Sequence[float]) -> Completions:
        images, masks = _repeat(x, shares)
        name = f"two_stages_{num_particles}"
        parts = open_draws(
            directory / name,
            [trained.models[stage] for stage in TWO_STAGES],
            trained.smoothing,
            *(images, masks),
            about=(num_particles, seed),
        )
        drawn, effective = complete_in_two_stages(
            trained,
            *(images, masks),
            num_particles=num_particles,
            seed=seed,
            parts=parts,
        )
        return _split(shares, drawn, effective)

    def draw_directly() -> Completions:
        assert trained.baseline is not None
        model = cast(AutoregressiveModel, trained.baseline)
        images, masks = _repeat(x, SHARES)
        parts = open_draws(
            directory / BASELINE, [model], None, images, masks, about=seed
        )
        drawn = complete_directly(model, images, masks, seed=seed, parts=parts)
        return _split(SHARES, drawn)

    one, many = (_two_stage_name(number) for number in (1, size.num_particles))
    found = {
        BASELINE: draw_directly(),
        many: draw_in_two_stages(size.num_particles, shares),
        one: draw_in_two_stages(1, SHARES),
    }
    found[many].images[1.0] = found[one].images[1.0]
    return found


def _repeat(x: np.ndarray, shares: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Repeats images for each share, with the masks of the given pixels."""
    masks = [given_rows(share, *x.shape[1:3]) for share in shares]
    return np.concatenate([x] * len(shares)), np.repeat(masks, len(x), axis=0)


def _split(
    shares: Sequence[float], drawn: np.ndarray, effective: np.ndarray | None = None
) -> Completions:
    """Splits completions that were drawn at once into those of each share."""

    def by_share(array):
        return dict(zip(shares, np.split(array, len(shares)), strict=True))

    return Completions(
        by_share(drawn), {} if effective is None else by_share(effective)
    )
