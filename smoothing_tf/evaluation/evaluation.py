"""The whole evaluation of a trained model, written to a directory."""

import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

import numpy as np
import tensorflow as tf
import tqdm

from smoothing_tf import artifacts
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.input_pipeline import evaluation_batches
from smoothing_tf.evaluation import figures, pictures
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.extractors import (
    EXTRACTORS,
    ExtractorInputs,
    MissingInputError,
)
from smoothing_tf.evaluation.figures import History
from smoothing_tf.evaluation.likelihood import (
    bound_name,
    evaluate_bound,
    evaluate_log_prob,
)
from smoothing_tf.evaluation.report import render_report
from smoothing_tf.evaluation.sample_metrics import (
    MIN_IMAGES,
    RealImages,
    feature_metrics,
    memorization_metrics,
    metric_name,
)
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.numerics import levels_to_unit, unit_to_uint8
from smoothing_tf.seeds import derive_seed
from smoothing_tf.settings import choose

METRICS_FILE = "metrics.json"
REPORT_FILE = "report.html"

_REFERENCE_SPLIT = "train"
# Real images beyond this many add little to their statistics.
_MAX_REFERENCE_IMAGES = 50_000
_SCORED_KINDS = ("samples", "single_step", "baseline")
_CAPTIONS = {
    "real": "Real data",
    "smoothed": "Samples of p(x̃)",
    "single_step": "Single-step denoised",
    "samples": "Two-step samples of p(x | x̃)",
    "baseline": "Samples of the baseline",
}
_NUM_PICTURED = 64
_PICTURE_COLUMNS = 8
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
    directory = artifacts.make_directory(directory)
    (directory / METRICS_FILE).unlink(missing_ok=True)
    is_image = dataset.num_levels is not None and len(dataset.event_shape) == 3

    # Extractors first: a wrong directory is found before the long computations.
    extractors, missing = {}, {}
    if is_image and (samples is not None or config.num_samples):
        extractors, missing = _build_extractors(dataset, config, seed)

    metrics, per_image = _likelihoods(
        two_stage, baseline, dataset, config, seed, progress
    )
    if samples is None:
        samples = _draw_samples(two_stage, baseline, config, seed, progress)
    elif config.num_samples:
        samples = {kind: array[: config.num_samples] for kind, array in samples.items()}
    statistics = {}
    if is_image:
        samples = {
            kind: _as_uint8(array, dataset.num_levels if kind != "smoothed" else None)
            for kind, array in samples.items()
        }
        scored = {kind: samples[kind] for kind in _SCORED_KINDS if kind in samples}
        sample_metrics, statistics = _sample_metrics(
            extractors, missing, dataset, scored, config, seed
        )
        metrics.update(sample_metrics)
    shown = _pictures(dataset, samples, config.split, is_image)

    facts = _facts(dataset, two_stage, seed)
    metrics["run"] = {**facts, "flags": flags_text.split()}
    for name, picture in shown.items():
        pictures.write_png(directory / "samples" / f"{name}.png", picture)
    for name, arrays in (
        ("samples", samples),
        ("feature_statistics", statistics),
        ("per_image", per_image),
    ):
        with artifacts.atomic_file(directory / f"{name}.npz") as path:
            np.savez_compressed(path, **arrays)
    report = render_report(
        title=dataset.name,
        metrics={name: metric for name, metric in metrics.items() if name != "run"},
        pictures={
            _CAPTIONS.get(name, "Data and samples"): pictures.png_bytes(picture)
            for name, picture in shown.items()
            if name != "columns"
        },
        histories=histories,
        flags_text=flags_text,
        facts=facts,
    )
    artifacts.write_text(directory / REPORT_FILE, report)
    artifacts.write_json(directory / METRICS_FILE, metrics)
    return metrics


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
        metrics, per_image = evaluate_bound(
            two_stage,
            lambda draw: batches(smoothing, config.split, draw),
            num_levels=dataset.num_levels,
            num_draws=config.num_draws,
            num_importance_draws=config.num_importance_draws,
            split=config.split,
            progress=progress,
        )
        if config.split != _REFERENCE_SPLIT:
            # A model that knows its training data by heart shows here.
            n = metrics[name]["n"]
            train_metrics, _ = evaluate_bound(
                two_stage,
                lambda draw: _limit(batches(smoothing, _REFERENCE_SPLIT, draw), n),
                num_levels=dataset.num_levels,
                split=_REFERENCE_SPLIT,
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


def _draw_samples(
    two_stage: TwoStageModel | None,
    baseline: DensityModel | None,
    config: EvaluationConfig,
    seed: int,
    progress: bool,
) -> dict[str, np.ndarray]:
    """Float samples of every kind that the models give."""
    size = min(config.evaluation_batch_size, config.num_samples)
    if not size:
        return {}

    # Compiled once: every batch is a whole one and the surplus is cut off.
    @tf.function
    def draw(batch_seed):
        drawn = {}
        if two_stage is not None:
            drawn["smoothed"], drawn["samples"] = two_stage.sample(
                size, seed=derive_seed(batch_seed, "two-step samples")
            )
            if two_stage.has_single_step:
                drawn["single_step"] = two_stage.single_step_denoise(drawn["smoothed"])
        if baseline is not None:
            drawn["baseline"] = baseline.sample(
                size, seed=derive_seed(batch_seed, "baseline samples")
            )
        return drawn

    starts = range(0, config.num_samples, size)
    parts = [
        draw(derive_seed(seed, "evaluation samples", start))
        for start in tqdm.tqdm(
            starts, desc="samples", unit="batch", disable=not progress
        )
    ]
    return {
        kind: np.concatenate([part[kind] for part in parts])[: config.num_samples]
        for kind in parts[0]
    }


def _as_uint8(images: np.ndarray, num_levels: int | None) -> np.ndarray:
    if images.dtype == np.uint8:
        return images
    return unit_to_uint8(tf.convert_to_tensor(images), num_levels).numpy()


def _real_images(dataset: Dataset, split: str) -> np.ndarray:
    levels = dataset.array(split)
    return unit_to_uint8(
        levels_to_unit(levels, dataset.num_levels), dataset.num_levels
    ).numpy()


def _build_extractors(
    dataset: Dataset, config: EvaluationConfig, seed: int
) -> tuple[dict[str, Any], dict[str, str]]:
    """Extractors by name, and the reasons why others cannot be had."""
    inputs = ExtractorInputs(
        training_images=_real_images(dataset, _REFERENCE_SPLIT),
        training_labels=dataset.labels(_REFERENCE_SPLIT),
        inception_dir=config.inception_dir,
        seed=seed,
    )
    extractors, missing = {}, {}
    for name in config.extractors:
        try:
            extractors[name] = choose(EXTRACTORS, name, "extractors")(inputs)
        except MissingInputError as error:
            missing[name] = str(error)
    return extractors, missing


def _sample_metrics(
    extractors: Mapping[str, Any],
    missing: Mapping[str, str],
    dataset: Dataset,
    scored: Mapping[str, np.ndarray],
    config: EvaluationConfig,
    seed: int,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    if not scored:
        return {}, {}
    reference = _real_images(dataset, _REFERENCE_SPLIT)
    # Shuffled, so that its two halves are alike.
    order_seed, kernel_seed = derive_seed(seed, "real images").numpy().tolist()
    order = np.random.Generator(np.random.PCG64(abs(order_seed))).permutation(
        len(reference)
    )
    real = RealImages(
        reference=reference[order[:_MAX_REFERENCE_IMAGES]],
        held_out=_real_images(dataset, config.split),
        reference_split=_REFERENCE_SPLIT,
        held_out_split=config.split,
    )
    too_few = [
        f"{len(images)} {name}"
        for name, images in (
            *scored.items(),
            ("training images", real.reference[::2]),
            (f"{config.split} images", real.held_out),
        )
        if len(images) < MIN_IMAGES
    ]
    missing = dict(missing)
    if too_few:
        reason = f"Needs at least {MIN_IMAGES} images; got {', '.join(too_few)}."
        missing.update(dict.fromkeys(extractors, reason))
        extractors = {}
    metrics, statistics = {}, {}
    for extractor in extractors.values():
        found, moments = feature_metrics(extractor, real, scored, seed=abs(kernel_seed))
        metrics.update(found)
        statistics.update(moments)
    for extractor_id, reason in missing.items():
        metrics[metric_name("fd", extractor_id)] = {
            "value": None,
            "se": None,
            "n": None,
            "samples": "samples",
            "extractor": {"id": extractor_id, "sha256": None},
            "reason": reason,
        }
    metrics.update(memorization_metrics(real, scored))
    return metrics, statistics


def _pictures(
    dataset: Dataset, samples: Mapping[str, np.ndarray], split: str, is_image: bool
) -> dict[str, np.ndarray]:
    """Name -> uint8 picture, the real data first."""
    order = [kind for kind in _CAPTIONS if kind in samples]
    if is_image:
        groups = {"real": _real_images(dataset, split)}
        groups.update((kind, samples[kind]) for kind in order)
        shown = {
            kind: pictures.image_grid(images[:_NUM_PICTURED], _PICTURE_COLUMNS)
            for kind, images in groups.items()
        }
        columns = {_CAPTIONS[kind]: images for kind, images in groups.items()}
        return {**shown, "columns": pictures.labelled_columns(columns)}
    if len(dataset.event_shape) != 1:
        return {}
    groups = {_CAPTIONS["real"]: dataset.array(split)}
    groups.update((_CAPTIONS[kind], samples[kind]) for kind in order)
    return {"points": figures.scatter_columns(groups)}


def _facts(
    dataset: Dataset, two_stage: TwoStageModel | None, seed: int
) -> dict[str, Any]:
    facts = {"data set": dataset.name, "seed": seed}
    if two_stage is not None:
        facts["noise scale"] = two_stage.smoothing.noise_scale
    facts["python"] = platform.python_version()
    return {**facts, **{name: metadata.version(name) for name in _PACKAGES}}
