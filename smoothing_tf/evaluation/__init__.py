"""Evaluation: likelihoods, metrics of samples, pictures and the report."""

from typing import TYPE_CHECKING

from smoothing_tf.lazy_names import import_when_used

if TYPE_CHECKING:
    from smoothing_tf.evaluation.config import EvaluationConfig
    from smoothing_tf.evaluation.evaluation import write_evaluation
    from smoothing_tf.evaluation.extractors import EXTRACTORS
    from smoothing_tf.evaluation.frechet import MomentsAccumulator, frechet_distance
    from smoothing_tf.evaluation.inception_score import inception_score
    from smoothing_tf.evaluation.kernel_distance import kernel_distance
    from smoothing_tf.evaluation.likelihood import (
        evaluate_bound,
        evaluate_log_prob,
        paired_difference,
    )
    from smoothing_tf.evaluation.names import METRICS_FILE, REPORT_FILE
    from smoothing_tf.evaluation.nearest_neighbors import nearest_training_distances
    from smoothing_tf.evaluation.precision_recall import precision_recall

__all__ = [
    "EXTRACTORS",
    "METRICS_FILE",
    "REPORT_FILE",
    "EvaluationConfig",
    "MomentsAccumulator",
    "evaluate_bound",
    "evaluate_log_prob",
    "frechet_distance",
    "inception_score",
    "kernel_distance",
    "nearest_training_distances",
    "paired_difference",
    "precision_recall",
    "write_evaluation",
]

import_when_used(__name__)
