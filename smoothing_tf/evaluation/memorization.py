"""A guard against memorization: distances from samples to the training images."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from smoothing_tf.evaluation.directions import HELD_OUT_IS_BEST
from smoothing_tf.evaluation.nearest_neighbors import (
    median_error,
    nearest_training_distances,
    summarize_distances,
)
from smoothing_tf.evaluation.real_images import RealImages

Metric = dict[str, Any]


def memorization_metrics(
    real: RealImages, samples: Mapping[str, np.ndarray], *, seed: int
) -> dict[str, Metric]:
    """Computes the median distance to the nearest training image.

    Distances are Euclidean on the [-1, 1] pixel scale, to all of `real.training`.
    The same metric of held-out images stands next to it: samples much nearer than
    those are copies. The standard error is that of the median over samples; the
    training images are fixed.

    Args:
      real: the real images.
      samples: kind -> uint8 [n, h, w, c].
      seed: seed of the run, which is recorded.

    Returns:
      `nearest_training_distance[_<kind>]`, with "exact_copies" and "quantiles" next to
      the median "value" and its "se".
    """

    def measure(images: np.ndarray) -> Metric:
        distances, _ = nearest_training_distances(images, real.training)
        summary = summarize_distances(distances)
        se = median_error(distances)
        metric = {"value": summary["quantiles"]["0.5"], "se": se, **summary}
        if se is None:
            metric["se_reason"] = (
                f"{len(distances)} distances are too few for an error."
            )
        return metric

    held_out = real.compare_held_out(measure, real.held_out)
    return {
        memorization_name(kind): {
            "direction": HELD_OUT_IS_BEST,
            "unit": "Euclidean distance on [-1, 1] pixels",
            "reference_split": real.training_split,
            "n_reference": len(real.training),
            "quantization": "uint8",
            "seed": seed,
            "samples": kind,
            **measure(images),
            "held_out": held_out,
        }
        for kind, images in samples.items()
    }


def memorization_name(kind: str) -> str:
    """Returns the name in metrics.json, e.g. `nearest_training_distance_baseline`."""
    return "nearest_training_distance" + ("" if kind == "samples" else f"_{kind}")
