"""The whole evaluation of a trained model, written to a directory."""

import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

import numpy as np

from smoothing_tf import artifacts
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.input_pipeline import evaluation_batches
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.figures import History
from smoothing_tf.evaluation.image_metrics import REFERENCE_SPLIT, ImageMetrics
from smoothing_tf.evaluation.likelihood import (
    bound_name,
    compile_terms,
    evaluate_bound,
    evaluate_log_prob,
)
from smoothing_tf.evaluation.pictures import png_bytes, write_png
from smoothing_tf.evaluation.report import render_report
from smoothing_tf.evaluation.samples import (
    CAPTIONS,
    draw_samples,
    picture_samples,
    real_uint8,
    samples_uint8,
)
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.two_stage import TwoStageModel

METRICS_FILE = "metrics.json"
REPORT_FILE = "report.html"

_PACKAGES = ("tensorflow", "keras", "tensorflow-probability", "numpy")


def write_evaluation(
    *,
    two_stage: TwoStageModel | None,
    baseline: DensityModel | None = None,
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
    that a metrics.json means a complete directory.

    Args:
      two_stage: the two-stage model, or None when a stage is missing.
      baseline: the model of clean data, or None.
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
    """
    _check(two_stage, baseline, dataset)
    directory = artifacts.make_directory(directory)
    # Whoever finds metrics.json finds all the files that belong to it.
    (directory / METRICS_FILE).unlink(missing_ok=True)
    is_image = dataset.num_levels is not None and len(dataset.event_shape) == 3
    has_samples = bool(config.num_samples if samples is None else samples)
    image_metrics = None
    if is_image and has_samples:
        image_metrics = ImageMetrics(dataset, config, seed)

    metrics, per_image = _likelihoods(
        two_stage, baseline, dataset, config, seed, progress
    )
    if samples is None:
        samples = draw_samples(
            two_stage,
            baseline,
            config.num_samples,
            batch_size=config.evaluation_batch_size,
            seed=seed,
            progress=progress,
        )
    stored, statistics = dict(samples), {}
    if is_image:
        real = real_uint8(dataset, config.split)
        samples = samples_uint8(samples, dataset.num_levels)
        # x~ is continuous and not scored: it is stored as it was drawn.
        stored.update({k: v for k, v in samples.items() if k != "smoothed"})
    else:
        real = dataset.array(config.split)
    if image_metrics is not None:
        sample_metrics, statistics = image_metrics(samples)
        metrics.update(sample_metrics)
    shown = picture_samples(real, samples) if is_image or real.ndim == 2 else {}

    facts = _facts(dataset, two_stage, seed)
    for name, picture in shown.items():
        write_png(directory / "samples" / f"{name}.png", picture)
    for name, arrays in (
        ("samples", stored),
        ("feature_statistics", statistics),
        ("per_image", per_image),
    ):
        with artifacts.atomic_file(directory / f"{name}.npz") as path:
            np.savez_compressed(path, **arrays)
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
    artifacts.write_text(directory / REPORT_FILE, report)
    metrics["run"] = {**facts, "flags": flags_text.splitlines()}
    artifacts.write_json(directory / METRICS_FILE, metrics)
    return metrics


def _check(
    two_stage: TwoStageModel | None, baseline: DensityModel | None, dataset: Dataset
) -> None:
    models = [model for model in (two_stage, baseline) if model is not None]
    if not models:
        raise ValueError(
            "`two_stage` or `baseline` must be given; got neither. Train the stages "
            "smoothed and reverse, or baseline, first."
        )
    for model in models:
        if tuple(model.event_shape) != tuple(dataset.event_shape):
            raise ValueError(
                f"`dataset` must have the event shape of the model, "
                f"{tuple(model.event_shape)}; got {tuple(dataset.event_shape)}."
            )


def _likelihoods(
    two_stage: TwoStageModel | None,
    baseline: DensityModel | None,
    dataset: Dataset,
    config: EvaluationConfig,
    seed: int,
    progress: bool,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    def batches(smoothing, split: str, draw: int = 0) -> Iterable:
        everything = evaluation_batches(
            dataset,
            smoothing,
            split=split,
            batch_size=config.evaluation_batch_size,
            seed=seed,
            draw=draw,
        )
        return _limit(everything, config.max_examples)

    name = bound_name(dataset.num_levels)
    metrics, per_image = {}, {}
    if two_stage is not None:
        smoothing = two_stage.smoothing
        terms = compile_terms(two_stage.bound_terms)
        metrics, per_image = evaluate_bound(
            two_stage,
            lambda draw: batches(smoothing, config.split, draw),
            num_levels=dataset.num_levels,
            num_draws=config.num_draws,
            num_importance_draws=config.num_importance_draws,
            split=config.split,
            compiled_terms=terms,
            progress=progress,
        )
        if config.split != REFERENCE_SPLIT:
            # A model that knows its training data by heart shows here.
            n = metrics[name]["n"]
            train_metrics, _ = evaluate_bound(
                two_stage,
                lambda draw: _limit(batches(smoothing, REFERENCE_SPLIT, draw), n),
                num_levels=dataset.num_levels,
                split=REFERENCE_SPLIT,
                compiled_terms=terms,
            )
            metrics[f"{name}_train"] = train_metrics[name]
    if baseline is not None:
        metrics[f"{name}_baseline"], baseline_per_image = evaluate_log_prob(
            baseline,
            batches(None, config.split),
            num_levels=dataset.num_levels,
            split=config.split,
        )
        per_image["index"] = baseline_per_image["index"]
        per_image[f"{name}_baseline"] = baseline_per_image[name]
    return metrics, per_image


def _limit(batches: Iterable, max_examples: int | None) -> Iterable:
    """The first examples of `batches`."""
    left = max_examples if max_examples is not None else float("inf")
    for batch in batches:
        size = int(batch["x"].shape[0])
        if size >= left:
            yield {key: value[: int(left)] for key, value in batch.items()}
            return
        left -= size
        yield batch


def _facts(
    dataset: Dataset, two_stage: TwoStageModel | None, seed: int
) -> dict[str, Any]:
    facts = {"dataset": dataset.name, "seed": seed}
    if two_stage is not None:
        facts["noise_scale"] = two_stage.smoothing.noise_scale
    facts["python"] = platform.python_version()
    return {**facts, **{name: metadata.version(name) for name in _PACKAGES}}
