"""The kinds of samples: their captions, whether they are finite, their levels."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.image_view import ImageView
from smoothing_tf.numerics import unit_to_uint8
from smoothing_tf.stage import Stage

# Kind of sample -> its caption, in the order of the pictures.
CAPTIONS = {
    "real": "Real data",
    "smoothed": "Samples of p(x̃)",
    "single_step": "Single-step denoised",
    "samples": "Two-step samples of p(x | x̃)",
    "baseline": "Samples of the baseline",
}
# Kind -> the stage to train longer when only this kind is not finite.
_STAGES = {
    "smoothed": Stage.SMOOTHED,
    "single_step": Stage.SMOOTHED,
    "samples": Stage.REVERSE,
    "baseline": Stage.BASELINE,
}
# Images that are quantized at a time.
_BLOCK_SIZE = 1024
_MADE_OF_SMOOTHED = ("smoothed", "single_step", "samples")


def non_finite_reasons(samples: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Says which kinds of samples can be neither scored nor shown, and why.

    x~ is not clipped: a barely trained model can draw an x~ that overflows to
    infinity, and then nothing that is made from it is a sample either.

    Args:
      samples: kind -> examples [n, ...].

    Returns:
      kind -> reason, for kinds that hold a NaN or an infinity or are made from such x~.
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
    """Quantizes images for scoring and for pictures.

    Args:
      samples: kind -> uint8, or float on [-1, 1], [n, h, w, c].
      num_levels: number of levels of the data. Exact samples are rounded to these
        levels; x~ and single-step estimates, which lie between levels, to 8 bits.

    Returns:
      kind -> uint8 [n, h, w, c].

    Raises:
      ValueError: a sample is not finite.
    """
    for kind, reason in non_finite_reasons(samples).items():
        raise ValueError(f"`samples` must be finite among {kind!r}. {reason}")
    quantized = {}
    for kind, images in samples.items():
        if kind not in CAPTIONS:
            quantized[kind] = images  # Labels.
            continue
        if images.dtype != np.uint8:
            is_between = kind in ("smoothed", "single_step")
            images = _quantize(images, None if is_between else num_levels)
        quantized[kind] = images
    return quantized


def real_vectors(dataset: Dataset, split: str) -> np.ndarray:
    """Returns the vectors of a split in the unit of the data.

    Returns:
      float32 [n, ...event_shape]; float64 for standardized data, in raw units.
    """
    x = dataset.array(split)
    scale = dataset.standardization
    return x if scale is None else scale.restore(x)


def _quantize(images: np.ndarray, num_levels: int | None) -> np.ndarray:
    # A block at a time: the steps in between take several times the memory of floats.
    quantized = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), _BLOCK_SIZE):
        rows = slice(start, start + _BLOCK_SIZE)
        block = tf.convert_to_tensor(images[rows])
        quantized[rows] = unit_to_uint8(block, num_levels).numpy()
    return quantized


def real_uint8(dataset: Dataset, split: str) -> ImageView:
    """Returns the images of a split as uint8, 255 i / (L - 1) for level i.

    They are converted where they are read, so the split is not copied.
    """
    if dataset.num_levels is None:
        raise ValueError(f"`dataset` must have levels; {dataset.name} is continuous.")
    return ImageView(dataset.array(split), dataset.num_levels)
