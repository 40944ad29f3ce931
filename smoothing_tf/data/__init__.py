"""Data sets and the input pipeline."""

from smoothing_tf.data.dataset import DataConfig, Dataset, open_dataset
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
