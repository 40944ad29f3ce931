"""Drawing the samples that an evaluation looks at, and showing them."""

from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf
import tqdm

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.subsets import subset_indices
from smoothing_tf.evaluation import figures, pictures
from smoothing_tf.evaluation.extractors.images import is_image_shape
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.two_stage import TwoStageModel, single_step_denoise
from smoothing_tf.numerics import levels_to_unit, unit_to_uint8
from smoothing_tf.seeds import derive_seed, example_seeds
from smoothing_tf.smoothing import Smoothing

# What samples are of, in the order of the pictures.
CAPTIONS = {
    "real": "Real data",
    "smoothed": "Samples of p(x̃)",
    "single_step": "Single-step denoised",
    "samples": "Two-step samples of p(x | x̃)",
    "baseline": "Samples of the baseline",
}
# What is drawn at once.
BATCH_SIZE = 100
# The gradient of an image holds on to its features in every layer.
_GRADIENT_BATCH_SIZE = 10
# Kind -> the stage that a flaw of its own points to.
_STAGES = {
    "smoothed": "smoothed",
    "single_step": "smoothed",
    "samples": "reverse",
    "baseline": "baseline",
}
_MADE_OF_SMOOTHED = ("smoothed", "single_step", "samples")
_NUM_PICTURED = 64
_COLUMNS = 8


def draw_samples(
    two_stage: TwoStageModel | None,
    baseline: DensityModel | None,
    num_samples: int,
    *,
    smoothing: Smoothing | None = None,
    smoothed: DensityModel | None = None,
    gradient: str = "exact",
    seed: int,
    progress: bool = False,
) -> dict[str, np.ndarray]:
    """Samples of every kind that the models give.

    Args:
      two_stage: gives "smoothed", "samples" and, for Gaussian smoothing,
        "single_step"; or None.
      baseline: gives "baseline"; or None.
      num_samples: of each kind. The first of them do not depend on how many follow.
      smoothing: that of `smoothed`.
      smoothed: where `two_stage` is None, gives "smoothed" and, for Gaussian
        smoothing, "single_step"; or None.
      gradient: of the single step, see `single_step_denoise`.
      seed: the run's seed.
      progress: whether to show a progress bar.

    Returns:
      kind -> float32 [num_samples, ...event].
    """
    if two_stage is not None:
        smoothing, smoothed = two_stage.smoothing, two_stage.smoothed

    def draw(seeds):
        drawn, batch_size = {}, seeds.shape[0]
        if smoothed is not None:
            x_smoothed = smoothed.sample(
                batch_size, seed=derive_seed(seeds, "smoothed samples")
            )
            drawn["smoothed"] = x_smoothed
        if two_stage is not None:
            drawn["samples"] = two_stage.denoise(
                x_smoothed, seed=derive_seed(seeds, "two-step samples")
            )
        if baseline is not None:
            drawn["baseline"] = baseline.sample(
                batch_size, seed=derive_seed(seeds, "baseline samples")
            )
        return drawn

    seeds = example_seeds(derive_seed(seed, "evaluation samples"), num_samples)
    drawn = in_batches(draw, seeds.numpy(), progress=progress)
    if "smoothed" in drawn and smoothing is not None:
        drawn |= single_steps(
            smoothing, smoothed, drawn["smoothed"], gradient, progress=progress
        )
    return {kind: drawn[kind] for kind in CAPTIONS if kind in drawn}


def single_steps(
    smoothing: Smoothing,
    smoothed: DensityModel,
    x_smoothed: np.ndarray,
    gradient: str,
    *,
    progress: bool,
) -> dict[str, np.ndarray]:
    """Single-step estimates of many examples, as far as the smoothing has them.

    Args:
      smoothing: q(x~ | x).
      smoothed: p(x~).
      x_smoothed: float32 [n, ...event].
      gradient: see `single_step_denoise`.
      progress: whether to show a progress bar.

    Returns:
      "single_step" -> float32 [n, ...event], or nothing.
    """
    if smoothing.single_step_gain is None:
        return {}

    def denoise(x_smoothed):
        estimate = single_step_denoise(smoothing, smoothed, x_smoothed, gradient)
        return {"single_step": estimate}

    return in_batches(
        denoise,
        x_smoothed,
        progress=progress,
        batch_size=_GRADIENT_BATCH_SIZE,
        label="single steps",
    )


def in_batches(
    draw: Callable[..., dict[str, tf.Tensor]],
    *arrays: np.ndarray,
    progress: bool,
    batch_size: int | None = None,
    label: str = "samples",
) -> dict[str, np.ndarray]:
    """Joins what `draw` gives for batches of examples.

    The last batch is filled up with copies of the last example, so that all have one
    shape, and the surplus is cut off.

    Args:
      draw: [b, ...] of each array -> kind -> [b, ...].
      *arrays: [n, ...].
      progress: whether to show a progress bar.
      batch_size: b; None for BATCH_SIZE, or n where that is less.
      label: of the bar.

    Returns:
      kind -> [n, ...].
    """
    num_examples = len(arrays[0])
    batch_size = min(batch_size or BATCH_SIZE, num_examples) or 1
    starts = tqdm.trange(
        0,
        num_examples,
        batch_size,
        desc=label,
        unit="batch",
        disable=not progress,
    )
    # The first batch builds the graph and takes much longer than the others.
    starts.set_postfix_str("first call: compiling")
    # Nothing in it is for AutoGraph, which would wrap errors in words of its own.
    compiled, parts = tf.function(draw, autograph=False), []
    for start in starts:
        rows = np.minimum(np.arange(start, start + batch_size), num_examples - 1)
        part = compiled(*[tf.constant(array[rows]) for array in arrays])
        parts.append({kind: examples.numpy() for kind, examples in part.items()})
        starts.set_postfix_str("", refresh=False)
    kinds = parts[0] if parts else ()
    return {
        kind: np.concatenate([part[kind] for part in parts])[:num_examples]
        for kind in kinds
    }


def non_finite_reasons(samples: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Which kinds of samples can be neither scored nor shown, and why.

    x~ is not clipped: a model that has hardly been trained can draw it beyond the
    range of its numbers, and then nothing that is made of it is a sample either.

    Args:
      samples: kind -> examples [n, ...].

    Returns:
      kind -> reason, for the kinds with a NaN or an infinity, or made of such x~.
    """
    counts = {}
    for kind, examples in samples.items():
        finite = np.isfinite(examples).all(axis=tuple(range(1, examples.ndim)))
        counts[kind] = (int(np.sum(~finite)), len(examples))
    reasons = {}
    for kind, (bad, n) in counts.items():
        bad_smoothed, num_smoothed = counts.get("smoothed", (0, 0))
        if bad_smoothed and kind in _MADE_OF_SMOOTHED:
            reasons[kind] = (
                "Train the smoothed stage longer; its x~ has"
                f" {bad_smoothed} of {num_smoothed} non-finite examples."
            )
        elif bad:
            stage = _STAGES[kind]
            reasons[kind] = (
                f"Train the {stage} stage longer; {bad} of {n} examples of {kind!r}"
                " are not finite."
            )
    return reasons


def samples_uint8(
    samples: Mapping[str, np.ndarray], num_levels: int
) -> dict[str, np.ndarray]:
    """Quantizes images as they are scored and shown.

    Args:
      samples: kind -> uint8, or float on [-1, 1], [n, h, w, c].
      num_levels: of the data; exact samples are rounded to them, x~ and
        single-step estimates, which lie between levels, to 8 bits.

    Returns:
      kind -> uint8 [n, h, w, c].

    Raises:
      ValueError: a sample is not finite.
    """
    for kind, reason in non_finite_reasons(samples).items():
        raise ValueError(f"`samples` must be finite among {kind!r}. {reason}")
    quantized = {}
    for kind, images in samples.items():
        if images.dtype != np.uint8:
            is_between = kind in ("smoothed", "single_step")
            levels = None if is_between else num_levels
            images = unit_to_uint8(tf.convert_to_tensor(images), levels).numpy()
        quantized[kind] = images
    return quantized


def real_uint8(dataset: Dataset, split: str) -> np.ndarray:
    """The images of a split as uint8 [n, h, w, c], 255 i / (L - 1) for level i."""
    levels = levels_to_unit(dataset.array(split), dataset.num_levels)
    return unit_to_uint8(levels, dataset.num_levels).numpy()


def picture_samples(
    real: np.ndarray | None, samples: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Pictures of real data and samples.

    Args:
      real: uint8 images [n, h, w, c], vectors [n, d], or anything else, in any order:
        a random subset of them is shown. None leaves them out.
      samples: kind -> the like.

    Returns:
      Name -> uint8 picture [height, width, c]: for images a grid of each kind
      and "columns", all of them side by side; for vectors "points"; nothing for
      examples that are no picture, e.g. continuous ones of three axes.
    """
    groups = {} if real is None else {"real": real}
    groups.update((kind, samples[kind]) for kind in CAPTIONS if kind in samples)
    captioned = {CAPTIONS[kind]: examples for kind, examples in groups.items()}
    first = next(iter(groups.values()))
    if first.ndim == 2:
        return {"points": figures.scatter_columns(captioned)}
    if first.dtype != np.uint8 or not is_image_shape(first.shape[1:]):
        return {}
    # Real images may be stored by class; samples are in random order as they come.
    if real is not None:
        real = real[subset_indices(len(real), _NUM_PICTURED)]
        groups["real"] = captioned[CAPTIONS["real"]] = real
    shown = {
        kind: pictures.image_grid(images[:_NUM_PICTURED], _COLUMNS)
        for kind, images in groups.items()
    }
    return {**shown, "columns": pictures.labelled_columns(captioned)}
