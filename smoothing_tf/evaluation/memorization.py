"""A guard against memorization: distances from samples to the training images."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from smoothing_tf.data.image_view import Images
from smoothing_tf.evaluation.directions import HELD_OUT_IS_BEST
from smoothing_tf.evaluation.nearest_neighbors import (
    median_error,
    nearest_training_distances,
    summarize_distances,
)
from smoothing_tf.evaluation.real_images import RealImages
from smoothing_tf.parts import Parts

Metric = dict[str, Any]

# Images whose distances are computed at a time.
_BLOCK_SIZE = 1024


def memorization_metrics(
    real: RealImages,
    samples: Mapping[str, Images],
    *,
    seed: int,
    parts: Parts | None = None,
) -> dict[str, Metric]:
    """Computes the median distance to the nearest training image.

    Distances are Euclidean on the [-1, 1] pixel scale, to all of `real.candidates`.
    The same metric of held-out images stands next to it: samples much nearer than
    those are copies. The standard error is that of the median over samples; the
    training images are fixed.

    Args:
      real: the real images.
      samples: kind -> uint8 [n, h, w, c].
      seed: seed of the run, which is recorded.
      parts: stores the distances as they are computed, and shows progress; None does
        neither.

    Returns:
      `nearest_training_distance[_<kind>]`, with "exact_copies" and "quantiles" next to
      the median "value" and its "se".
    """
    parts = parts or Parts()

    def measure(images: Images, name: str) -> Metric:
        distances = _distances(images, real.candidates, parts, name)
        summary = summarize_distances(distances)
        se = median_error(distances)
        metric = {"value": summary["quantiles"]["0.5"], "se": se, **summary}
        if se is None:
            metric["se_reason"] = (
                f"{len(distances)} distances are too few for an error."
            )
        return metric

    held_out = real.compare_held_out(
        lambda images: measure(images, "held-out"), real.held_out_images
    )
    return {
        memorization_name(kind): {
            "direction": HELD_OUT_IS_BEST,
            "unit": "Euclidean distance on [-1, 1] pixels",
            "reference_split": real.training_split,
            "n_reference": len(real.candidates),
            **real.record_candidates(),
            "quantization": "uint8",
            "seed": seed,
            "samples": kind,
            **measure(images, kind),
            "held_out": held_out,
        }
        for kind, images in samples.items()
    }


def _distances(images: Images, training: Images, parts: Parts, name: str) -> np.ndarray:
    with parts.partial_arrays(
        f"nearest training images {name}", len(images), unit="image"
    ) as distances:
        for start in range(distances.num_done, len(images), _BLOCK_SIZE):
            block = images[start : start + _BLOCK_SIZE]
            found, _ = nearest_training_distances(block, training)
            distances.append({"distances": found})
    return distances.arrays["distances"]


def memorization_name(kind: str) -> str:
    """Returns the name in metrics.json, e.g. `nearest_training_distance_baseline`."""
    return "nearest_training_distance" + ("" if kind == "samples" else f"_{kind}")
