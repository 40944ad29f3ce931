"""Metrics of generated images: features, distances, floors and error bars."""

import functools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.special

from smoothing_tf.evaluation.directions import (
    HELD_OUT_IS_BEST,
    HIGHER_IS_BETTER,
    LOWER_IS_BETTER,
)
from smoothing_tf.evaluation.extractors import Extractor
from smoothing_tf.evaluation.feature_sets import FeatureSets
from smoothing_tf.evaluation.floors import Floors, moments
from smoothing_tf.evaluation.frechet_metrics import (
    distance_to_reference,
    extrapolated_distance,
    extrapolated_metric,
    frechet_metric,
)
from smoothing_tf.evaluation.inception_score import inception_score
from smoothing_tf.evaluation.kernel_distance import subset_kernel_distance
from smoothing_tf.evaluation.precision_recall import precision_recall
from smoothing_tf.evaluation.real_images import RealImages
from smoothing_tf.parts import Parts

Metric = dict[str, Any]

# Fewer images than this say nothing about a distribution.
MIN_IMAGES = 20
_NUM_SPLITS = 10
# From this many images on, on either side, subsets of 1000 overlap little.
_MIN_SUBSET_IMAGES = 10_000
_NUM_SUBSETS = 100
_SUBSET_SIZE = 1000
_NEIGHBOR_REASON = (
    "The images are not independent, because they share the balls that are estimated"
    " from them: in simulations a binomial error was 0.6 to 0.9 times the true spread,"
    " a block jackknife 1.3 to 1.8 times."
)
_SUBSETS_REASON = (
    "The spread of the subsets, which share images, is not a standard error; see kid."
)


def feature_metrics(
    extractor: Extractor,
    real: RealImages,
    samples: Mapping[str, np.ndarray],
    *,
    seed: int,
    parts: Parts | None = None,
) -> tuple[dict[str, Metric], dict[str, np.ndarray]]:
    """Computes all metrics of one extractor's features.

    Args:
      extractor: one of EXTRACTORS.
      real: the real images.
      samples: kind -> uint8 [n, h, w, c]; the kind "samples" is the model's own
        samples, and others such as "baseline" are appended to the metrics' names.
      seed: the run's seed, recorded.
      parts: stores features, sums and metrics as they are computed, and shows
        progress; None does neither.

    Returns:
      (metrics, statistics). Metrics are `fid`, `fid_infinity`, `kid`, `precision`,
      `recall`, with 10,000 images on either side `kid_subsets`, and `inception_score`
      for Inception; for any other extractor `fd_<id>`, `fd_infinity_<id>`, `kid_<id>`
      and so on. A metric is {"value",
      "se", "n", "direction", ...}, with "se_reason" where "se" is None. "floor" is the
      same metric for disjoint sets of n real images: its median "value", "quantiles",
      "n", "repeats", and for the Frechet distance "value_at_n" and "se_at_n", those of
      n samples to n real images. "se_reference" is the part of the Frechet distance's
      "se" that is due to the real images. "held_out" is the metric of the evaluated
      split, null with a "reason" where that is the training split. Statistics are
      "<id>_<kind>_{mean,covariance,count}".
    """
    parts = parts or Parts()
    sets = FeatureSets(extractor, real, parts)
    described = {
        "id": extractor.id,
        "sha256": extractor.sha256,
        "preprocessing": extractor.preprocessing,
    }
    if extractor.graph_sha256 is not None:
        described["graph_sha256"] = extractor.graph_sha256
    about = {
        "extractor": described,
        "reference_split": real.training_split,
        "n_reference": len(sets.reference),
        **real.record_reference(),
        "quantization": "uint8",
        "seed": seed,
    }
    held_out_distances = parts.value(
        f"metrics {extractor.id} held-out", lambda: _held_out_distances(sets, real)
    )
    statistics = _statistics(extractor.id, "reference", sets.reference)
    metrics = {}
    for kind, images in samples.items():
        features, logits = sets.extract(images, kind)
        statistics.update(_statistics(extractor.id, kind, features))
        kind_metrics = parts.value(
            f"metrics {extractor.id} {kind}",
            functools.partial(_kind_metrics, sets, real, features, logits),
        )
        for name, distance in held_out_distances.items():
            kind_metrics[name]["held_out"] = distance
        for name, metric in kind_metrics.items():
            metric.update(about, samples=kind)
            metrics[metric_name(name, extractor.id, kind)] = metric
    return metrics, statistics


def _held_out_distances(sets: FeatureSets, real: RealImages) -> dict[str, Metric]:
    features, _ = sets.held_out
    distances = {
        "fd": distance_to_reference,
        "fd_infinity": extrapolated_distance,
        "kid": _kernel_distance,
    }
    return {
        name: real.compare_held_out(functools.partial(distance, sets), features)
        for name, distance in distances.items()
    }


def _kind_metrics(
    sets: FeatureSets,
    real: RealImages,
    features: np.ndarray,
    logits: np.ndarray | None,
) -> dict[str, Metric]:
    metrics = {
        "fd": frechet_metric(sets, features),
        "fd_infinity": extrapolated_metric(sets, features),
        "kid": {
            **_kernel_distance(sets, features),
            "direction": LOWER_IS_BETTER,
            "floor": sets.floors("kid", sets.floors.size(len(features))),
        },
        **_kernel_subsets(sets.reference, features),
        **_precision_recall(sets.reference, features, sets.floors),
    }
    if logits is not None:
        _, held_out_logits = sets.held_out
        metrics["inception_score"] = _inception_score(real, logits, held_out_logits)
        metrics["confidence"] = _confidence(real, logits, held_out_logits)
    return metrics


def metric_name(name: str, extractor_id: str, kind: str = "samples") -> str:
    """Returns the name in metrics.json; the word FID is reserved for Inception.

    Example: `fid`, `fid_infinity`, `fd_randconv`, `kid_randconv_baseline`.
    """
    if extractor_id == "inception":
        parts = [name.replace("fd", "fid") if name.startswith("fd") else name]
    else:
        parts = [name, extractor_id]
    return "_".join(parts + ([] if kind == "samples" else [kind]))


def _kernel_distance(sets: FeatureSets, features: np.ndarray) -> Metric:
    distance = sets.kernel_distance(features)
    return {
        "value": distance.value,
        "se": distance.se,
        "n": len(features),
        "target": "value at infinite n (unbiased)",
    }


def _kernel_subsets(reference: np.ndarray, features: np.ndarray) -> dict[str, Metric]:
    if min(len(reference), len(features)) < _MIN_SUBSET_IMAGES:
        return {}
    subsets = subset_kernel_distance(
        reference, features, num_subsets=_NUM_SUBSETS, subset_size=_SUBSET_SIZE
    )
    metric = {
        "value": subsets.mean,
        "se": None,
        "se_reason": _SUBSETS_REASON,
        "std_over_subsets": subsets.std,
        "n": len(features),
        "num_subsets": _NUM_SUBSETS,
        "subset_size": _SUBSET_SIZE,
        "direction": LOWER_IS_BETTER,
    }
    return {"kid_subsets": metric}


def _precision_recall(
    reference: np.ndarray, features: np.ndarray, floors: Floors
) -> dict[str, Metric]:
    # The same number of images on both sides, for the floor as well.
    n = floors.neighbor_size(len(features))
    values = precision_recall(reference[:n], features[:n])
    return {
        name: {
            "value": getattr(values, name),
            "se": None,
            "se_reason": _NEIGHBOR_REASON,
            "n": n,
            "direction": HIGHER_IS_BETTER,
            "num_neighbors": 3,
            "floor": floors(name, n),
        }
        for name in ("precision", "recall")
    }


def _inception_score(
    real: RealImages, logits: np.ndarray, held_out_logits: np.ndarray | None
) -> Metric:
    return {
        **_split_score(logits),
        "direction": HIGHER_IS_BETTER,
        "held_out": real.compare_held_out(_split_score, held_out_logits),
    }


def _split_score(logits: np.ndarray) -> Metric:
    score = inception_score(logits, num_splits=_NUM_SPLITS)
    return {
        "value": score.mean,
        # Disjoint splits of independent images are independent.
        "se": score.std / math.sqrt(_NUM_SPLITS - 1),
        "std_over_splits": score.std,
        "n": len(logits),
        "target": f"expectation at n / {_NUM_SPLITS} images, the size of a split",
        "num_splits": _NUM_SPLITS,
        "degrees_of_freedom": _NUM_SPLITS - 1,
    }


def _confidence(
    real: RealImages, logits: np.ndarray, held_out_logits: np.ndarray | None
) -> Metric:
    """Computes the mean top-class probability, and which classes occur."""
    counts = np.bincount(np.argmax(logits, axis=1), minlength=logits.shape[1])
    return {
        **_mean_confidence(logits),
        "direction": HELD_OUT_IS_BEST,
        "num_classes": logits.shape[1],
        "num_classes_found": int(np.sum(counts > 0)),
        "class_counts": counts.tolist(),
        "held_out": real.compare_held_out(_mean_confidence, held_out_logits),
    }


def _mean_confidence(logits: np.ndarray) -> Metric:
    probabilities = scipy.special.softmax(logits.astype(np.float64), axis=1)
    confidence = np.max(probabilities, axis=1)
    return {
        "value": float(np.mean(confidence)),
        "se": float(np.std(confidence, ddof=1) / math.sqrt(len(confidence))),
        "n": len(confidence),
    }


def _statistics(
    extractor_id: str, kind: str, features: np.ndarray
) -> dict[str, np.ndarray]:
    mean, covariance = moments(features).finalize()
    prefix = f"{extractor_id}_{kind}"
    return {
        f"{prefix}_mean": mean,
        f"{prefix}_covariance": covariance,
        f"{prefix}_count": np.array(len(features), np.int64),
    }
