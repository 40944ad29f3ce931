"""The metrics that report Frechet distances, with floors, errors and reasons."""

from typing import Any

import numpy as np

from smoothing_tf.evaluation.directions import LOWER_IS_BETTER
from smoothing_tf.evaluation.feature_sets import (
    NUM_BLOCKS,
    FeatureSets,
    moments_of_blocks,
)
from smoothing_tf.evaluation.frechet_extrapolation import (
    MIN_ROWS_PER_FEATURE,
    extrapolate_frechet,
)

Metric = dict[str, Any]


def frechet_metric(sets: FeatureSets, features: np.ndarray) -> Metric:
    """Computes the Frechet distance at this n, with the floor of real images.

    Args:
      sets: features of real images.
      features: features of samples, float [n, d].

    Returns:
      The metric `fd` of `feature_metrics`.
    """
    n = sets.floors.size(len(features))
    at_n = distance_to_reference(sets, features[:n], n)
    return {
        **distance_to_reference(sets, features),
        "direction": LOWER_IS_BETTER,
        "num_features": features.shape[1],
        "rank_deficient": (
            min(len(features), len(sets.reference)) <= features.shape[1]
        ),
        "floor": {
            **sets.floors("fd", n),
            "value_at_n": at_n["value"],
            "se_at_n": at_n["se"],
            "se_reference_at_n": at_n["se_reference"],
            "degrees_of_freedom_at_n": at_n["degrees_of_freedom"],
        },
    }


def distance_to_reference(
    sets: FeatureSets, features: np.ndarray, n_reference: int | None = None
) -> Metric:
    """Computes the distance of features to the first reference images, or to all."""
    distance_to = sets.frechet_distance_to(n_reference or len(sets.reference))
    distance = distance_to(moments_of_blocks(features))
    return {
        "value": distance.value,
        "se": distance.se,
        "se_reference": distance.se_reference,
        "n": len(features),
        "target": "expectation at this n",
        "num_blocks": NUM_BLOCKS,
        "degrees_of_freedom": distance.degrees_of_freedom,
    }


def extrapolated_metric(sets: FeatureSets, features: np.ndarray) -> Metric:
    """Computes the Frechet distance extrapolated to infinite n, where n allows it.

    Args:
      sets: features of real images.
      features: features of samples, float [n, d].

    Returns:
      The metric `fd_infinity` of `feature_metrics`; without a value and with a reason
      if there are too few images for the number of features.
    """
    return {
        **extrapolated_distance(sets, features),
        "direction": LOWER_IS_BETTER,
        "num_features": features.shape[1],
    }


def extrapolated_distance(sets: FeatureSets, features: np.ndarray) -> Metric:
    """Computes the extrapolated distance of features to the reference, or a reason."""
    n, d = features.shape
    n_reference = len(sets.reference)
    about = {"n": n, "target": "value at infinite n (linear in 1/n)"}
    needed = MIN_ROWS_PER_FEATURE * d
    if min(n, n_reference) < needed:
        reason = (
            "The Frechet distance is extrapolated to infinite n only from"
            f" {MIN_ROWS_PER_FEATURE} images for each feature on either side,"
            f" {needed:,} for {d:,} features; there are {n:,} and {n_reference:,}"
            " reference images."
        )
        return {"value": None, "se": None, **about, "reason": reason}
    found = extrapolate_frechet(sets.reference_blocks, moments_of_blocks(features))
    return {
        "value": found.value,
        "se": found.se,
        **about,
        "num_blocks": NUM_BLOCKS,
        "degrees_of_freedom": found.degrees_of_freedom,
        "line": {
            "slope": found.slope,
            "shares": list(found.shares),
            "distances": list(found.distances),
            "num_fitted": found.num_fitted,
        },
    }
