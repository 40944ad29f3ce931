"""What the page shows of arrays: pictures, captions and tables."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from smoothing_tf.sampling.kinds import CAPTIONS
from smoothing_tf.sampling.pictures import image_grid
from smoothing_tf.sampling.sample_pictures import MISSING_COLOR
from smoothing_tf.sampling.scatter import scatter_columns
from smoothing_tf.serving.demo.exported_model import ExportedModel
from smoothing_tf.serving.demo.uploads import enlarge, to_color

# Kinds of examples that `sample_rows` and `denoise` return, in the order of the page.
KINDS = ("smoothed", "single_step", "samples")
# Browsers blur small pictures that they enlarge.
_MIN_WIDTH = 320
# Metric -> what kind of number it is.
_KINDS_OF_BITS = {"bits_per_dim": "bound", "bits_per_dim_baseline": "exact, baseline"}


def captions(model: ExportedModel) -> dict[str, str]:
    """Returns the kinds that `sample_rows` returns, with their captions."""
    found = {
        kind: CAPTIONS[kind] for kind in KINDS if model.returns("sample_rows", kind)
    }
    if "smoothed" not in found:
        found["samples"] = "Samples"
    return found


def show_samples(
    model: ExportedModel, samples: Mapping[str, np.ndarray]
) -> list[np.ndarray]:
    """Shows samples.

    Args:
      model: the model.
      samples: outputs of `draw`.

    Returns:
      For images one picture for each of `captions`; for vectors one of all of them.
      uint8 [height, width, 3].
    """
    if model.num_levels is not None:
        return [show_grid(samples[kind]) for kind in captions(model)]
    clouds = {text: samples[kind] for kind, text in captions(model).items()}
    return [scatter_columns(clouds, axis_names=model.column_names)]


def show_grid(images: np.ndarray) -> np.ndarray:
    """Shows images, uint8 or float on [-1, 1], [n, h, w, c], in rows.

    Returns:
      uint8 [height, width, 3].
    """
    columns = min(len(images), 3 if len(images) <= 9 else 6)
    scale = math.ceil(_MIN_WIDTH / (columns * images.shape[2]))
    return to_color(image_grid(to_uint8(images), columns, scale=scale))


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Converts images on [-1, 1] to 8 bits, clipped; leaves uint8 as they are."""
    if images.dtype == np.uint8:
        return images
    return np.clip(np.rint(127.5 * (images + 1.0)), 0.0, 255.0).astype(np.uint8)


def mark_missing(image: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Enlarges an image uint8 [h, w, 1 or 3], and colors its missing pixels."""
    color = np.array(MISSING_COLOR, np.uint8)
    return enlarge(np.where(known[..., np.newaxis] > 0, to_color(image), color))


def likelihood_table(
    model: ExportedModel,
    image: Mapping[str, np.ndarray],
    samples: Mapping[str, np.ndarray],
) -> str:
    """Compares the likelihood of an image with that of the data.

    Args:
      model: the model.
      image: scores of the image, of length 1.
      samples: scores of samples of the model.

    Returns:
      A table in Markdown.
    """
    recorded: Mapping[str, Any] = model.facts.get("likelihoods", {})
    rows = [["Examples", "Bits per dimension"], ["---", "---"]]
    for name, kind in _KINDS_OF_BITS.items():
        if name not in image:
            continue
        rows.append([f"This image ({kind})", f"{image[name][0]:.3f}"])
        if name in recorded:
            rows.append(_of_data(recorded[name], kind))
        if name in samples:
            bits = samples[name]
            # One number has no spread.
            deviation = bits.std() if len(bits) > 1 else None
            which = f"{_count(len(bits), 'sample')} of the model ({kind})"
            rows.append([which, _with_deviation(bits.mean(), deviation)])
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    missing = [
        kind
        for name, kind in _KINDS_OF_BITS.items()
        if name in image and name not in recorded
    ]
    if not missing:
        return table
    return (
        f"{table}\n\nThe export does not hold the likelihood of its data"
        f" ({'; '.join(missing)}): the run was not evaluated for it before it was"
        " exported."
    )


def _of_data(metric: Mapping[str, Any], kind: str) -> list[str]:
    """Makes the row of a metric of the data."""
    number, split = metric["n"], metric["split"]
    deviation = None if metric["se"] is None else metric["se"] * number**0.5
    which = f"{_count(number, f'{split} example')} of the data ({kind})"
    return [which, _with_deviation(metric["value"], deviation)]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _with_deviation(mean: float, deviation: float | None) -> str:
    """Formats a mean, and how much single examples differ from it."""
    if deviation is None:
        return f"{mean:.3f}"
    return f"{mean:.3f}, single examples ± {deviation:.2g}"
