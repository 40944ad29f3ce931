"""The whole evaluation of a trained model, written to a directory."""

import contextlib
import pathlib
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from typing import Any

import numpy as np

from smoothing_tf import artifacts
from smoothing_tf.data.channels import describe_channels, is_image_shape
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.image_view import Images
from smoothing_tf.data.subsets import DRAWN
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.evaluation_key import evaluation_key
from smoothing_tf.evaluation.figures import History
from smoothing_tf.evaluation.image_metrics import ImageMetrics
from smoothing_tf.evaluation.model_likelihoods import NO_REVERSE, model_likelihoods
from smoothing_tf.evaluation.names import METRICS_FILE, PER_IMAGE_FILE, REPORT_FILE
from smoothing_tf.evaluation.raw_units import in_raw_units
from smoothing_tf.evaluation.report import render_report
from smoothing_tf.evaluation.run_header import count_weights, describe_run
from smoothing_tf.evaluation.scored_examples import digest_scored
from smoothing_tf.models.trained import Trained
from smoothing_tf.parts import Parts
from smoothing_tf.sampling.class_pictures import picture_classes
from smoothing_tf.sampling.kinds import (
    CAPTIONS,
    non_finite_reasons,
    real_uint8,
    real_vectors,
    samples_uint8,
)
from smoothing_tf.sampling.labels import LABEL
from smoothing_tf.sampling.pictures import png_bytes, write_png
from smoothing_tf.sampling.sample_pictures import (
    COLUMNS,
    picture_neighbors,
    picture_samples,
)
from smoothing_tf.sampling.samples import draw_samples

# The pictures of samples, NAME.png by the names of `picture_samples`.
PICTURES_DIRECTORY = "samples"
STATISTICS_FILE = "feature_statistics.npz"
# Holds results as they are computed, until the evaluation is complete.
PARTS_DIRECTORY = ".parts"

_PICTURE_CAPTIONS = CAPTIONS | {"classes": "Samples by class"}
_SIDE_BY_SIDE = "Data and samples, side by side"
_PACKAGES = ("tensorflow", "keras", "tensorflow-probability", "numpy")


def write_evaluation(
    trained: Trained,
    dataset: Dataset,
    *,
    samples: Mapping[str, np.ndarray] | None = None,
    config: EvaluationConfig,
    flags_text: str,
    histories: Mapping[str, History],
    seed: int,
    directory: artifacts.Path,
    progress: bool = True,
    more_metrics: Mapping[str, Any] | None = None,
    more_facts: Mapping[str, str] | None = None,
    bless: Callable[[Mapping[str, Any]], tuple[bool, Sequence[str]]] | None = None,
    more_seconds: Mapping[str, Mapping[str, float]] | None = None,
) -> dict[str, Any]:
    """Evaluates the trained stages and writes metrics, pictures and the report.

    Writes samples/*.png, samples.npz (the uint8 images that were scored),
    feature_statistics.npz, per_image.npz, report.html, and metrics.json last, so
    that a metrics.json means a complete directory. Everything is computed before
    any of these files is written: an error leaves an earlier evaluation as it was.

    Results are kept in the hidden directory `PARTS_DIRECTORY` while they are computed.
    A call that repeats an interrupted one, with the same models, data, settings and
    code, continues from there and gives the same numbers. At the end, and by a call
    for another evaluation, the directory is removed.

    Args:
      trained: the trained models. Without the stage reverse, p(x~) is scored and its
        samples are denoised in a single step.
      dataset: the data; its split `config.split` is scored.
      samples: kind -> images as drawn elsewhere: "smoothed" (float on [-1, 1]),
        "single_step", "samples", "baseline" (uint8, or float on [-1, 1]), or vectors
        in the unit of the data; None
        draws `config.num_samples` of each kind that the models give.
      config: settings of the evaluation.
      flags_text: the resolved configuration of the run.
      histories: stage -> rows of its training curve.
      seed: the run's seed.
      directory: output directory; files of an earlier evaluation are replaced.
      progress: whether to show progress bars.
      more_metrics: name -> metric that was computed elsewhere.
      more_facts: name -> text about the run, shown with the versions and the seed.
      bless: function of the metrics that decides whether the model may be pushed, and
        gives the reasons, for the report; None if nobody decides.
      more_seconds: part -> seconds of what was computed elsewhere.

    Returns:
      The content of metrics.json: name -> metric, and "run" -> how it was made. There
      "steps" and "parameters" hold those numbers for each stage, "scored_sha256" the
      digest of the examples that were scored, and "seconds" the wall and CPU seconds of
      each part of the computation.

    Raises:
      ValueError: no stage can be evaluated, or the models do not fit the data.
      OSError: the files cannot be written.
    """
    _check(trained, dataset)
    directory = artifacts.make_directory(directory)
    is_discrete = dataset.num_levels is not None
    has_samples = bool(config.num_samples if samples is None else samples)
    key = evaluation_key(
        trained,
        dataset,
        samples,
        config=config,
        flags_text=flags_text,
        seed=seed,
        progress=progress,
    )
    parts = _open_parts(directory / PARTS_DIRECTORY, key, progress)
    image_metrics = None
    if is_discrete and is_image_shape(dataset.event_shape) and has_samples:
        image_metrics = ImageMetrics(dataset, config, seed, parts)

    metrics, per_image = model_likelihoods(
        trained,
        dataset,
        config=config,
        seed=seed,
        parts=parts,
    )
    if samples is None:
        samples = draw_samples(trained, config.num_samples, seed=seed, parts=parts)
    metrics.update(in_raw_units(metrics, dataset.standardization))
    metrics.update(more_metrics or {})
    stored: dict[str, np.ndarray] = dict(samples)
    samples = {kind: x for kind, x in samples.items() if kind in CAPTIONS}
    statistics: dict[str, np.ndarray] = {}
    left_out = non_finite_reasons(samples)
    samples = {kind: x for kind, x in samples.items() if kind not in left_out}
    if has_samples and trained.smoothed is not None and trained.reverse is None:
        left_out["samples"] = NO_REVERSE
    if dataset.num_levels is not None:
        real: Images = real_uint8(dataset, config.split)
        samples = samples_uint8(samples, dataset.num_levels)
        # x~ is continuous and is stored unrounded.
        stored.update({k: v for k, v in samples.items() if k != "smoothed"})
    else:
        real = real_vectors(dataset, config.split)
    if image_metrics is not None:
        sample_metrics, statistics = image_metrics(samples, left_out)
        metrics.update(sample_metrics)
    columns = dataset.source.columns
    shown = picture_samples(real, samples, columns)
    by_class = picture_classes(trained, samples, stored.get(LABEL), columns)
    if by_class is not None:
        shown["classes"] = by_class
    facts = _facts(trained, dataset, seed, left_out) | dict(more_facts or {})
    is_blessed, reasons = (None, ()) if bless is None else bless(metrics)
    header = describe_run(trained, dataset, config)
    if is_blessed is not None:
        header["Blessed"] = " ".join(["Yes." if is_blessed else "No.", *reasons])
    neighbors = _picture_neighbors(image_metrics, samples)
    report = render_report(
        title=dataset.name,
        metrics=metrics,
        pictures={
            _PICTURE_CAPTIONS.get(name, "Data and samples"): png_bytes(picture)
            for name, picture in shown.items()
            if name != COLUMNS
        },
        wide_pictures=(
            {_SIDE_BY_SIDE: png_bytes(shown[COLUMNS])} if COLUMNS in shown else {}
        ),
        neighbors={
            CAPTIONS[kind]: png_bytes(picture) for kind, picture in neighbors.items()
        },
        header=header,
        is_blessed=is_blessed,
        histories=histories,
        flags_text=flags_text,
        facts=facts,
    )
    flags = flags_text.splitlines()
    metrics["run"] = {
        **facts,
        "steps": dict(trained.steps),
        "parameters": count_weights(trained),
        "scored_sha256": digest_scored(dataset, config.split, config.max_examples),
        "flags": flags,
        "seconds": {**(more_seconds or {}), **parts.seconds},
    }
    with _replace_together(directory, last=METRICS_FILE) as temporary:
        pictures = artifacts.make_directory(temporary / PICTURES_DIRECTORY)
        for name, picture in shown.items():
            write_png(pictures / f"{name}.png", picture)
        for name, arrays in (
            (artifacts.SAMPLES_FILE, stored),
            (STATISTICS_FILE, statistics),
            (PER_IMAGE_FILE, per_image),
        ):
            with artifacts.atomic_file(temporary / name) as path:
                np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
        artifacts.write_text(temporary / REPORT_FILE, report)
        artifacts.write_json(temporary / METRICS_FILE, metrics)
    shutil.rmtree(directory / PARTS_DIRECTORY, ignore_errors=True)
    return metrics


def _picture_neighbors(
    image_metrics: ImageMetrics | None, samples: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Shows the samples of each kind that are nearest to the training data."""
    if image_metrics is None:
        return {}
    # Noise keeps samples of p(x~) away from all images.
    shown = {kind: images for kind, images in samples.items() if kind != "smoothed"}
    pairs = image_metrics.nearest_pairs(shown)
    return {kind: picture_neighbors(*pair) for kind, pair in pairs.items()}


def _open_parts(directory: pathlib.Path, key: str, progress: bool) -> Parts:
    """Opens the parts of one evaluation, and removes those of all others."""
    own = directory / key[:16]
    if directory.is_dir():
        for other in directory.iterdir():
            if other != own:
                shutil.rmtree(other, ignore_errors=True)
        if own.is_dir() and any(own.iterdir()):
            print("Resuming the evaluation that was interrupted.", file=sys.stderr)
    return Parts(own, progress=progress)


def _check(trained: Trained, dataset: Dataset) -> None:
    if trained.smoothed is None and trained.baseline is None:
        raise ValueError(
            "Neither stage smoothed nor stage baseline is trained: there is nothing to"
            " evaluate. Train the stages smoothed and reverse, or baseline, first."
        )
    for model in trained.models.values():
        if tuple(model.event_shape) != tuple(dataset.event_shape):
            raise ValueError(
                "`dataset` must have the event shape of the model,"
                f" {tuple(model.event_shape)}; got {tuple(dataset.event_shape)}."
            )


@contextlib.contextmanager
def _replace_together(directory: pathlib.Path, last: str) -> Iterator[pathlib.Path]:
    """Yields an empty directory whose files are then moved to `directory`.

    Until everything is written, and after an exception, `directory` is unchanged.
    While files are moved there is no file `last`, so that whoever finds it also finds
    all the files that belong to it.
    """
    temporary = pathlib.Path(tempfile.mkdtemp(dir=directory, prefix=".tmp-"))
    try:
        yield temporary
        (directory / last).unlink(missing_ok=True)
        for path in sorted(temporary.iterdir(), key=lambda path: path.name == last):
            target = directory / path.name
            if target.is_dir():
                shutil.rmtree(target)
            path.replace(target)
    finally:
        shutil.rmtree(temporary)


def _sample_note(dataset: Dataset) -> str | None:
    """Says what pictures show, or why samples have no metrics."""
    if dataset.num_levels is not None:
        return describe_channels(dataset.event_shape[-1])
    pictures = "" if len(dataset.event_shape) == 1 else ", and not shown as pictures"
    return f"Samples of data without levels are not scored by features{pictures}."


def _facts(
    trained: Trained,
    dataset: Dataset,
    seed: int,
    left_out: Mapping[str, str],
) -> dict[str, Any]:
    facts = {"dataset": dataset.name, "seed": seed, "subsets": f"drawn {DRAWN}"}
    note = _sample_note(dataset)
    if note is not None:
        facts["pictures_and_metrics"] = note
    facts["noise_scale"] = trained.smoothing.noise_scale
    if left_out:
        facts["samples_left_out"] = " ".join(
            f"{kind}: {reason}" for kind, reason in left_out.items()
        )
    facts["python"] = platform.python_version()
    return {**facts, **{name: metadata.version(name) for name in _PACKAGES}}
