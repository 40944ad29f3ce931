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

# Samples that are shown next to their nearest training images.
_NUM_SHOWN = 12
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
        distances = _nearest(images, real.candidates, parts, name)["distances"]
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


def nearest_pairs(
    real: RealImages, samples: Mapping[str, Images], parts: Parts
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Selects the samples that are nearest to the training data.

    Args:
      real: the real images.
      samples: kind -> uint8 [n, h, w, c], of which `memorization_metrics` has stored
        the distances in `parts`.
      parts: where they are stored; without a directory they are computed again.

    Returns:
      kind -> (samples, their nearest training images), both uint8 [n, h, w, c] with n
      of at most 12, the nearest first.
    """
    pairs = {}
    for kind, images in samples.items():
        found = _nearest(images, real.candidates, parts, kind)
        order = np.argsort(found["distances"], kind="stable")[:_NUM_SHOWN]
        pairs[kind] = images[order], real.candidates[found["nearest"][order]]
    return pairs


def _nearest(
    images: Images, training: Images, parts: Parts, name: str
) -> dict[str, np.ndarray]:
    with parts.partial_arrays(
        f"nearest training images {name}", len(images), unit="image"
    ) as distances:
        for start in range(distances.num_done, len(images), _BLOCK_SIZE):
            block = images[start : start + _BLOCK_SIZE]
            found, nearest = nearest_training_distances(block, training)
            distances.append({"distances": found, "nearest": nearest})
    return distances.arrays


def memorization_name(kind: str) -> str:
    """Returns the name in metrics.json, e.g. `nearest_training_distance_baseline`."""
    return "nearest_training_distance" + ("" if kind == "samples" else f"_{kind}")
