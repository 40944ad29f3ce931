"""A tiny evaluation: its data, its settings, and what it writes."""

import pathlib
from typing import Any

import numpy as np

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.evaluation import EvaluationConfig, write_evaluation
from smoothing_tf.evaluation.evaluation import PARTS_DIRECTORY
from tests.testing.tiny_models import tiny_trained

SHAPE = (4, 4, 1)
CONFIG = EvaluationConfig(
    num_samples=30,
    num_importance_draws=2,
    evaluation_batch_size=20,
    extractors=("randconv",),
)
FEW = EvaluationConfig(num_samples=2, num_importance_draws=0, extractors=())


def tiny_evaluated(num_test: int = 25, labels: bool = False) -> Dataset:
    """Random images of four levels, with three classes on request."""
    rng = np.random.Generator(np.random.PCG64(0))
    arrays = {
        split: rng.integers(4, size=(n, *SHAPE), dtype=np.uint8)
        for split, n in (("train", 60), ("validation", 20), ("test", num_test))
    }
    classes = {split: np.arange(len(x)) % 3 for split, x in arrays.items()}
    return Dataset(source_from_arrays("tiny", arrays, 4, classes if labels else None))


def write_tiny(directory: pathlib.Path, **changes) -> dict[str, Any]:
    """Calls `write_evaluation` with small arguments, some of which change."""
    arguments = {
        "trained": tiny_trained(SHAPE, num_levels=4),
        "dataset": tiny_evaluated(),
        "config": CONFIG,
        "flags_text": "--seed=3\n--dataset=tiny\n",
        "histories": {"smoothed": [{"step": 1, "train_bits_per_dim": 4.0}]},
        "seed": 3,
        "directory": directory,
        "progress": False,
    }
    return write_evaluation(**(arguments | changes))


def contents(directory: pathlib.Path) -> dict[str, Any]:
    """The files of an evaluation, those of its parts excepted."""
    return {
        str(path.relative_to(directory)): path.is_file() and path.read_bytes()
        for path in directory.rglob("*")
        if PARTS_DIRECTORY not in path.parts
    }
