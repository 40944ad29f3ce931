"""The whole evaluation of a trained model, written to a directory."""

import contextlib
import pathlib
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any

import numpy as np

from smoothing_tf import artifacts
from smoothing_tf.data.channels import describe_channels
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.subsets import DRAWN
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.extractors.images import is_image_shape
from smoothing_tf.evaluation.figures import History
from smoothing_tf.evaluation.image_metrics import ImageMetrics
from smoothing_tf.evaluation.model_likelihoods import NO_REVERSE, model_likelihoods
from smoothing_tf.evaluation.pictures import png_bytes, write_png
from smoothing_tf.evaluation.report import render_report
from smoothing_tf.evaluation.samples import (
    CAPTIONS,
    draw_samples,
    non_finite_reasons,
    picture_samples,
    real_uint8,
    samples_uint8,
)
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.smoothing import Smoothing

METRICS_FILE = "metrics.json"
REPORT_FILE = "report.html"

_PACKAGES = ("tensorflow", "keras", "tensorflow-probability", "numpy")


def write_evaluation(
    *,
    two_stage: TwoStageModel | None,
    baseline: DensityModel | None = None,
    smoothing: Smoothing | None = None,
    smoothed: DensityModel | None = None,
    dataset: Dataset,
    samples: Mapping[str, np.ndarray] | None = None,
    config: EvaluationConfig,
    flags_text: str,
    histories: Mapping[str, History],
    seed: int,
    directory: artifacts.Path,
    progress: bool = True,
) -> dict[str, Any]:
    """Evaluates what is given and writes metrics, pictures and the report.

    Writes samples/*.png, samples.npz (the uint8 images that were scored),
    feature_statistics.npz, per_image.npz, report.html, and metrics.json last, so
    that a metrics.json means a complete directory. All is computed before anything
    is written: an error leaves an earlier evaluation as it was.

    Args:
      two_stage: the two-stage model, or None when a stage is missing.
      baseline: the model of clean data, or None.
      smoothing: q(x~ | x) of `smoothed`; not read beside `two_stage`.
      smoothed: where `two_stage` is None, the model of noised data, or None. Its
        p(x~) is scored, its x~ are drawn and denoised in a single step.
      dataset: the data; its split `config.split` is scored.
      samples: kind -> images as drawn elsewhere: "smoothed" (float on [-1, 1]),
        "single_step", "samples", "baseline" (uint8, or float on [-1, 1]); None
        draws `config.num_samples` of each kind that the models give.
      config: what to compute.
      flags_text: the resolved configuration of the run.
      histories: stage -> rows of its training curve.
      seed: the run's seed.
      directory: where to write; files of an earlier evaluation are replaced.
      progress: whether to show progress bars.

    Returns:
      What is in metrics.json: name -> metric, and "run" -> how it was made.

    Raises:
      ValueError: there is no model, or it does not fit the data.
      OSError: the files cannot be written.
    """
    if two_stage is not None:
        smoothing, smoothed = two_stage.smoothing, two_stage.smoothed
    _check(smoothing, smoothed, baseline, dataset)
    directory = artifacts.make_directory(directory)
    is_discrete = dataset.num_levels is not None
    has_samples = bool(config.num_samples if samples is None else samples)
    image_metrics = None
    if is_discrete and is_image_shape(dataset.event_shape) and has_samples:
        image_metrics = ImageMetrics(dataset, config, seed)

    metrics, per_image = model_likelihoods(
        two_stage,
        baseline,
        smoothing,
        smoothed,
        dataset=dataset,
        config=config,
        seed=seed,
        progress=progress,
    )
    if samples is None:
        samples = draw_samples(
            two_stage,
            baseline,
            config.num_samples,
            smoothing=smoothing,
            smoothed=smoothed,
            seed=seed,
            progress=progress,
        )
    stored, statistics = dict(samples), {}
    left_out = non_finite_reasons(samples)
    samples = {kind: x for kind, x in samples.items() if kind not in left_out}
    if has_samples and smoothed is not None and two_stage is None:
        left_out["samples"] = NO_REVERSE
    if is_discrete:
        real = real_uint8(dataset, config.split)
        samples = samples_uint8(samples, dataset.num_levels)
        # x~ is continuous: it is stored as it was drawn.
        stored.update({k: v for k, v in samples.items() if k != "smoothed"})
    else:
        real = dataset.array(config.split)
    if image_metrics is not None:
        sample_metrics, statistics = image_metrics(samples, left_out)
        metrics.update(sample_metrics)
    shown = picture_samples(real, samples)
    facts = _facts(dataset, smoothing, seed, left_out)
    report = render_report(
        title=dataset.name,
        metrics=metrics,
        pictures={
            CAPTIONS.get(name, "Data and samples"): png_bytes(picture)
            for name, picture in shown.items()
            if name != "columns"
        },
        histories=histories,
        flags_text=flags_text,
        facts=facts,
    )
    metrics["run"] = {**facts, "flags": flags_text.splitlines()}
    with _replaced_together(directory, last=METRICS_FILE) as temporary:
        pictures = artifacts.make_directory(temporary / "samples")
        for name, picture in shown.items():
            write_png(pictures / f"{name}.png", picture)
        for name, arrays in (
            ("samples", stored),
            ("feature_statistics", statistics),
            ("per_image", per_image),
        ):
            with artifacts.atomic_file(temporary / f"{name}.npz") as path:
                np.savez_compressed(path, **arrays)
        artifacts.write_text(temporary / REPORT_FILE, report)
        artifacts.write_json(temporary / METRICS_FILE, metrics)
    return metrics


def _check(
    smoothing: Smoothing | None,
    smoothed: DensityModel | None,
    baseline: DensityModel | None,
    dataset: Dataset,
) -> None:
    models = [model for model in (smoothed, baseline) if model is not None]
    if not models:
        raise ValueError(
            "`two_stage`, `smoothed` or `baseline` must be given; got none. Train the "
            "stages smoothed and reverse, or baseline, first."
        )
    if smoothed is not None and smoothing is None:
        raise ValueError("`smoothing` must be given with `smoothed`; got None.")
    for model in models:
        if tuple(model.event_shape) != tuple(dataset.event_shape):
            raise ValueError(
                f"`dataset` must have the event shape of the model, "
                f"{tuple(model.event_shape)}; got {tuple(dataset.event_shape)}."
            )


@contextlib.contextmanager
def _replaced_together(directory: pathlib.Path, last: str) -> Iterator[pathlib.Path]:
    """Yields an empty directory whose content then takes its place in `directory`.

    Until everything is written, and after an exception, `directory` is as it was.
    While files are moved there is no file `last`: whoever finds it finds all the
    files that belong to it.
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
    """What pictures show, or why there are no metrics of samples."""
    if dataset.num_levels is not None:
        return describe_channels(dataset.event_shape[-1])
    pictures = "" if len(dataset.event_shape) == 1 else ", and not shown as pictures"
    return f"Samples of data without levels are not scored by features{pictures}."


def _facts(
    dataset: Dataset,
    smoothing: Smoothing | None,
    seed: int,
    left_out: Mapping[str, str],
) -> dict[str, Any]:
    facts = {"dataset": dataset.name, "seed": seed, "subsets": f"drawn {DRAWN}"}
    note = _sample_note(dataset)
    if note is not None:
        facts["pictures_and_metrics"] = note
    if smoothing is not None:
        facts["noise_scale"] = smoothing.noise_scale
    if left_out:
        facts["samples_left_out"] = " ".join(
            f"{kind}: {reason}" for kind, reason in left_out.items()
        )
    facts["python"] = platform.python_version()
    return {**facts, **{name: metadata.version(name) for name in _PACKAGES}}
