"""Drawing the samples that an evaluation looks at, and showing them."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf
import tqdm

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.evaluation import figures, pictures
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.numerics import levels_to_unit, unit_to_uint8
from smoothing_tf.seeds import derive_seed

# What samples are of, in the order of the pictures.
CAPTIONS = {
    "real": "Real data",
    "smoothed": "Samples of p(x̃)",
    "single_step": "Single-step denoised",
    "samples": "Two-step samples of p(x | x̃)",
    "baseline": "Samples of the baseline",
}
_NUM_PICTURED = 64
_COLUMNS = 8


def draw_samples(
    two_stage: TwoStageModel | None,
    baseline: DensityModel | None,
    num_samples: int,
    *,
    batch_size: int,
    seed: int,
    progress: bool = False,
) -> dict[str, np.ndarray]:
    """Samples of every kind that the models give.

    Args:
      two_stage: gives "smoothed", "samples" and, for Gaussian smoothing,
        "single_step"; or None.
      baseline: gives "baseline"; or None.
      num_samples: of each kind.
      batch_size: samples drawn at a time.
      seed: the run's seed; the samples depend on the batch size too.
      progress: whether to show a progress bar.

    Returns:
      kind -> float32 [num_samples, ...event].
    """
    size = min(batch_size, num_samples)
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

    starts = tqdm.trange(
        0, num_samples, size, desc="samples", unit="batch", disable=not progress
    )
    parts = [draw(derive_seed(seed, "evaluation samples", start)) for start in starts]
    return {
        kind: np.concatenate([part[kind] for part in parts])[:num_samples]
        for kind in parts[0]
    }


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
    quantized = {}
    for kind, images in samples.items():
        if not np.all(np.isfinite(images)):
            raise ValueError(
                f"`samples` must be finite; got a NaN or an infinity among {kind!r}."
            )
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
    real: np.ndarray, samples: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Pictures of real data and samples.

    Args:
      real: uint8 images [n, h, w, c], or vectors [n, d].
      samples: kind -> the like.

    Returns:
      Name -> uint8 picture [height, width, c]: for images a grid of each kind
      and "columns", all of them side by side; for vectors "points".
    """
    groups = {"real": real}
    groups.update((kind, samples[kind]) for kind in CAPTIONS if kind in samples)
    captioned = {CAPTIONS[kind]: examples for kind, examples in groups.items()}
    if real.ndim == 2:
        return {"points": figures.scatter_columns(captioned)}
    shown = {
        kind: pictures.image_grid(images[:_NUM_PICTURED], _COLUMNS)
        for kind, images in groups.items()
    }
    return {**shown, "columns": pictures.labelled_columns(captioned)}
