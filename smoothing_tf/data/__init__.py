"""Data sets and the input pipeline."""

from typing import TYPE_CHECKING

from smoothing_tf.lazy_names import import_when_used

if TYPE_CHECKING:
    from smoothing_tf.data.data_config import DataConfig
    from smoothing_tf.data.dataset import Dataset, open_dataset
    from smoothing_tf.data.datasets import DATASETS
    from smoothing_tf.data.input_pipeline import evaluation_batches, training_batches
    from smoothing_tf.data.noise_scale import median_distance_noise_scale

__all__ = [
    "DATASETS",
    "DataConfig",
    "Dataset",
    "evaluation_batches",
    "median_distance_noise_scale",
    "open_dataset",
    "training_batches",
]

import_when_used(__name__)
