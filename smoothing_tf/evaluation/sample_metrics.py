"""Metrics of generated images: features, distances, floors and error bars."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.special

from smoothing_tf.evaluation.extractors import Extractor
from smoothing_tf.evaluation.frechet import (
    MomentsAccumulator,
    frechet_distance,
    frechet_jackknife,
)
from smoothing_tf.evaluation.inception_score import inception_score
from smoothing_tf.evaluation.kernel_distance import kernel_distance
from smoothing_tf.evaluation.precision_recall import precision_recall
from smoothing_tf.evaluation.real_images import RealImages
from smoothing_tf.seeds import derive_seed

Metric = dict[str, Any]

# Fewer images than this say nothing about a distribution.
MIN_IMAGES = 20
_NUM_BLOCKS = 10
# Precision and recall compare all pairs; their values depend on n, which is recorded.
_MAX_NEIGHBOUR_IMAGES = 10_000
_UPDATE_ROWS = 1024


def feature_metrics(
    extractor: Extractor,
    real: RealImages,
    samples: Mapping[str, np.ndarray],
    *,
    seed: int,
) -> tuple[dict[str, Metric], dict[str, np.ndarray]]:
    """All metrics that one extractor's features give.

    Args:
      extractor: one of EXTRACTORS.
      real: the real images.
      samples: kind -> uint8 [n, h, w, c]; the kind "samples" is the model's own
        samples, and others such as "baseline" are appended to the metrics' names.
      seed: the run's seed, recorded; the kernel distance's subsets follow it.

    Returns:
      (metrics, statistics). Metrics are `fid`, `kid`, `precision`, `recall`,
      `inception_score` for Inception, for any other extractor `fd_<id>`,
      `kid_<id>` and so on. A metric is {"value", "se", "n", ...}; "floor" is the
      same figure for two disjoint sets of real images of size "n" each, with
      "value_at_n" that of as many samples; "held_out" is that of the evaluated
      split, null with a "reason" where that is the training split. Statistics are
      "<id>_<kind>_{mean,covariance,count}".
    """
    reference = extractor.features(real.reference)
    held_out = held_out_logits = None
    if real.held_out is not None:
        held_out, held_out_logits = extractor.features_and_logits(real.held_out)
    about = {
        "extractor": {
            "id": extractor.id,
            "sha256": extractor.sha256,
            "preprocessing": extractor.preprocessing,
        },
        "reference_split": real.training_split,
        "n_reference": len(reference),
        **real.record_reference(),
        "quantization": "uint8",
        "seed": seed,
    }
    subsets_seed = abs(int(derive_seed(seed, "kernel distance")[0]))
    statistics = _statistics(extractor.id, "reference", reference)
    metrics = {}
    for kind, images in samples.items():
        features, logits = extractor.features_and_logits(images)
        statistics.update(_statistics(extractor.id, kind, features))
        kind_metrics = {
            "fd": _frechet(real, reference, features, held_out),
            "kid": _kernel(real, reference, features, held_out, subsets_seed),
            **_precision_recall(reference, features),
        }
        if logits is not None:
            kind_metrics["inception_score"] = _inception_score(
                real, logits, held_out_logits
            )
            kind_metrics["confidence"] = _confidence(real, logits, held_out_logits)
        for name, metric in kind_metrics.items():
            metric.update(about, samples=kind)
            metrics[metric_name(name, extractor.id, kind)] = metric
    return metrics, statistics


def metric_name(name: str, extractor_id: str, kind: str = "samples") -> str:
    """The name in metrics.json; the word FID is reserved for Inception.

    Example: `fid`, `fd_randconv`, `kid_randconv_baseline`.
    """
    if extractor_id == "inception":
        parts = ["fid" if name == "fd" else name]
    else:
        parts = [name, extractor_id]
    return "_".join(parts + ([] if kind == "samples" else [kind]))


def _frechet(
    real: RealImages,
    reference: np.ndarray,
    features: np.ndarray,
    held_out: np.ndarray | None,
) -> Metric:
    blocks = [_moments(block) for block in np.array_split(features, _NUM_BLOCKS)]
    value, se = frechet_jackknife(_moments(reference), blocks)
    n = min(len(features), len(reference) // 2)
    return {
        "value": value,
        "se": se,
        "n": len(features),
        "num_features": features.shape[1],
        "rank_deficient": min(len(features), len(reference)) <= features.shape[1],
        "floor": {
            "value": _frechet_of(reference[:n], reference[n : 2 * n]),
            "value_at_n": _frechet_of(reference[:n], features[:n]),
            "n": n,
        },
        "held_out": real.compare_held_out(
            lambda: {"value": _frechet_of(reference, held_out), "n": len(held_out)}
        ),
    }


def _kernel(
    real: RealImages,
    reference: np.ndarray,
    features: np.ndarray,
    held_out: np.ndarray | None,
    seed: int,
) -> Metric:
    distance = kernel_distance(reference, features, seed=seed)
    n = len(reference) // 2

    def figure(x: np.ndarray, y: np.ndarray) -> Metric:
        return {"value": kernel_distance(x, y, seed=seed).mean, "n": len(y)}

    return {
        "value": distance.mean,
        # The spread of subsets, kept apart: it is no standard error.
        "se": None,
        "std_over_subsets": distance.std,
        "all_samples": distance.all_samples,
        "n": len(features),
        "floor": figure(reference[:n], reference[n : 2 * n]),
        "held_out": real.compare_held_out(lambda: figure(reference, held_out)),
    }


def _precision_recall(reference: np.ndarray, features: np.ndarray) -> dict[str, Metric]:
    # Equal numbers on both sides, and the floor at the same ones.
    n = min(len(features), len(reference) // 2, _MAX_NEIGHBOUR_IMAGES)
    first, second = reference[:n], reference[n : 2 * n]
    values = precision_recall(first, features[:n])
    floors = precision_recall(first, second)
    return {
        name: {
            "value": getattr(values, name),
            "se": None,
            "n": n,
            "num_neighbours": 3,
            "floor": {"value": getattr(floors, name), "n": n},
        }
        for name in ("precision", "recall")
    }


def _inception_score(
    real: RealImages, logits: np.ndarray, held_out_logits: np.ndarray | None
) -> Metric:
    score = inception_score(logits)

    def held_out() -> Metric:
        return {
            "value": inception_score(held_out_logits).mean,
            "n": len(held_out_logits),
        }

    return {
        "value": score.mean,
        "se": None,
        "std_over_splits": score.std,
        "n": len(logits),
        "held_out": real.compare_held_out(held_out),
    }


def _confidence(
    real: RealImages, logits: np.ndarray, held_out_logits: np.ndarray | None
) -> Metric:
    """Mean probability of the most probable class, and which classes occur."""

    def held_out() -> Metric:
        value = float(np.mean(_max_probability(held_out_logits)))
        return {"value": value, "n": len(held_out_logits)}

    confidence = _max_probability(logits)
    counts = np.bincount(np.argmax(logits, axis=1), minlength=logits.shape[1])
    return {
        "value": float(np.mean(confidence)),
        "se": float(np.std(confidence, ddof=1) / math.sqrt(len(confidence))),
        "n": len(confidence),
        "num_classes": logits.shape[1],
        "num_classes_found": int(np.sum(counts > 0)),
        "class_counts": counts.tolist(),
        "held_out": real.compare_held_out(held_out),
    }


def _max_probability(logits: np.ndarray) -> np.ndarray:
    return np.max(scipy.special.softmax(logits.astype(np.float64), axis=1), axis=1)


def _moments(features: np.ndarray) -> MomentsAccumulator:
    accumulator = MomentsAccumulator()
    for start in range(0, len(features), _UPDATE_ROWS):
        accumulator.update(features[start : start + _UPDATE_ROWS])
    return accumulator


def _frechet_of(x: np.ndarray, y: np.ndarray) -> float:
    return frechet_distance(*_moments(x).finalize(), *_moments(y).finalize())


def _statistics(
    extractor_id: str, kind: str, features: np.ndarray
) -> dict[str, np.ndarray]:
    mean, covariance = _moments(features).finalize()
    prefix = f"{extractor_id}_{kind}"
    return {
        f"{prefix}_mean": mean,
        f"{prefix}_covariance": covariance,
        f"{prefix}_count": np.int64(len(features)),
    }
