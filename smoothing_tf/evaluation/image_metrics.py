"""All metrics of generated images: those of every extractor, and of memorization."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.directions import HELD_OUT_IS_BEST, LOWER_IS_BETTER
from smoothing_tf.evaluation.extractors import (
    EXTRACTORS,
    Extractor,
    ExtractorInputs,
    MissingInputError,
)
from smoothing_tf.evaluation.memorization import (
    memorization_metrics,
    memorization_name,
    nearest_pairs,
)
from smoothing_tf.evaluation.real_images import RealImages
from smoothing_tf.evaluation.sample_metrics import (
    MIN_IMAGES,
    feature_metrics,
    metric_name,
)
from smoothing_tf.parts import Parts
from smoothing_tf.sampling.kinds import real_uint8
from smoothing_tf.settings import choose

REFERENCE_SPLIT = "train"


class ImageMetrics:
    """Compares samples with the images of a data set.

    The extractors are made on construction, so that a wrong directory is found before
    any long computation.

    Args:
      dataset: data set of discrete images.
      config: settings of the evaluation, which name the extractors.
      seed: the run's seed.
      parts: stores results as they are computed, and shows progress; None does
        neither.

    Raises:
      FileNotFoundError: `config.inception_dir` holds no SavedModel.
      ValueError: an unknown extractor, or a SavedModel with another signature.
    """

    def __init__(
        self,
        dataset: Dataset,
        config: EvaluationConfig,
        seed: int,
        parts: Parts | None = None,
    ):
        self._parts = parts or Parts()
        training = real_uint8(dataset, REFERENCE_SPLIT)
        inputs = ExtractorInputs(
            training_images=training,
            training_labels=dataset.labels(REFERENCE_SPLIT),
            inception_dir=config.inception_dir,
            seed=seed,
            progress=self._parts.progress,
        )
        self._extractors, self._missing = {}, {}
        for name in config.extractors:
            try:
                self._extractors[name] = self._make_extractor(name, inputs)
            except MissingInputError as error:
                self._missing[name] = str(error)
        held_out = None
        if config.split != REFERENCE_SPLIT:
            held_out = real_uint8(dataset, config.split)
        self._seed = seed
        self._real = RealImages(
            training=training,
            held_out=held_out,
            training_split=REFERENCE_SPLIT,
            held_out_split=config.split,
            max_examples=config.max_examples,
        )

    def _make_extractor(self, name: str, inputs: ExtractorInputs) -> Extractor:
        build = choose(EXTRACTORS, name, "extractors")
        made: list[Extractor] = []

        def weights() -> dict[str, np.ndarray]:
            made.append(build(inputs))
            return dict(made[0].weights())

        stored = self._parts.arrays(f"extractor {name}", weights)
        # With stored weights it is made here, and otherwise was made there.
        return made[0] if made else build(dataclasses.replace(inputs, weights=stored))

    def __call__(
        self,
        samples: Mapping[str, np.ndarray],
        left_out: Mapping[str, str] | None = None,
    ) -> tuple[dict[str, dict[str, Any]], dict[str, np.ndarray]]:
        """Scores samples.

        Args:
          samples: kind -> uint8 [n, h, w, c]. Samples of p(x~) are noisy by design:
            their metrics show how far from data the other kinds started.
          left_out: kind -> reason, for expected kinds that are missing.

        Returns:
          (metrics, feature statistics) as from `feature_metrics`, with a null `fd_<id>`
          and a "reason" for every unavailable extractor and for every kind that is left
          out.
        """
        metrics: dict[str, dict[str, Any]] = {}
        statistics: dict[str, np.ndarray] = {}
        for kind, reason in (left_out or {}).items():
            for name in self._extractors:
                metrics.update(_unavailable(name, reason, kind))
            metrics[memorization_name(kind)] = {
                "value": None,
                "se": None,
                "n": None,
                "direction": HELD_OUT_IS_BEST,
                "samples": kind,
                "reason": reason,
            }
        if not samples:
            return metrics, statistics
        too_few = self._too_few(samples)
        for name, extractor in self._extractors.items():
            if too_few:
                metrics.update(_unavailable(name, too_few))
                continue
            found, moments = feature_metrics(
                extractor, self._real, samples, seed=self._seed, parts=self._parts
            )
            metrics.update(found)
            statistics.update(moments)
        for name, reason in self._missing.items():
            metrics.update(_unavailable(name, reason))
        metrics.update(
            memorization_metrics(
                self._real, samples, seed=self._seed, parts=self._parts
            )
        )
        return metrics, statistics

    def nearest_pairs(
        self, samples: Mapping[str, np.ndarray]
    ) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Selects samples near the training data, of kinds that were scored.

        Args:
          samples: kind -> uint8 [n, h, w, c].

        Returns:
          kind -> (samples, their nearest training images), the nearest first.
        """
        return nearest_pairs(self._real, samples, self._parts)

    def _too_few(self, samples: Mapping[str, np.ndarray]) -> str | None:
        counts = {kind: len(images) for kind, images in samples.items()}
        # The floor splits the reference into halves.
        counts["half the training images"] = len(self._real.reference) // 2
        if self._real.held_out_images is not None:
            held_out = len(self._real.held_out_images)
            counts[f"{self._real.held_out_split} images"] = held_out
        few = [f"{name}: {n}" for name, n in counts.items() if n < MIN_IMAGES]
        if not few:
            return None
        return f"At least {MIN_IMAGES} images are needed; got {', '.join(few)}."


def _unavailable(
    extractor_id: str, reason: str, kind: str = "samples"
) -> dict[str, dict[str, Any]]:
    metric = {
        "value": None,
        "se": None,
        "n": None,
        "direction": LOWER_IS_BETTER,
        "samples": kind,
        "extractor": {"id": extractor_id, "sha256": None, "preprocessing": None},
        "reason": reason,
    }
    return {metric_name("fd", extractor_id, kind): metric}
