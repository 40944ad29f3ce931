"""A digest of everything that an evaluation's results depend on."""

import hashlib
import pathlib
import sys
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import numpy as np
import tensorflow as tf
import tqdm

from smoothing_tf.checkout import ROOT
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.subsets import subset_indices
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.image_metrics import REFERENCE_SPLIT
from smoothing_tf.models.trained import Trained

# Packages whose versions may change a result.
_PACKAGES = (
    "keras",
    "numpy",
    "scikit-learn",
    "scipy",
    "tensorflow",
    "tensorflow-probability",
)
# Examples that are read at a time.
_BLOCK_SIZE = 4096


def evaluation_key(
    trained: Trained,
    dataset: Dataset,
    samples: Mapping[str, np.ndarray] | None,
    *,
    config: EvaluationConfig,
    flags_text: str,
    seed: int,
    progress: bool = False,
) -> str:
    """Computes a SHA-256 of the code, the models, the data and the settings.

    Args:
      trained: the trained models, of which the code and the weights count.
      dataset: the data set, of which the examples that are scored and the training
        split count, with `config.max_examples` at most that many of each.
      samples: the given samples, or None.
      config: settings of the evaluation.
      flags_text: the resolved configuration of the run.
      seed: the run's seed.
      progress: whether to show a progress bar.

    Returns:
      64 hexadecimal digits.
    """
    digest = hashlib.sha256()

    def add(*values: Any) -> None:
        for value in values:
            digest.update(f"{value!r}\0".encode())

    def add_array(array: np.ndarray) -> None:
        add(array.dtype, array.shape)
        digest.update(np.ascontiguousarray(array).data)

    add(config, flags_text, seed, trained.num_levels)
    add([(name, metadata.version(name)) for name in _PACKAGES])
    add([device.device_type for device in tf.config.list_logical_devices()])
    for path in sorted((ROOT / "smoothing_tf").rglob("*.py")):
        add(path.relative_to(ROOT).as_posix())
        digest.update(path.read_bytes())
    add(type(trained.smoothing), vars(trained.smoothing))
    for stage, model in trained.models.items():
        add(stage, type(model), model.dtype_policy.name)
        digest.update(_source(type(model)))
        for weight in model.weights:
            add_array(weight.numpy())
    for kind, images in (samples or {}).items():
        add(kind)
        add_array(images)
    add(dataset.name, dataset.num_levels, dataset.num_examples)
    for split in dict.fromkeys((config.split, REFERENCE_SPLIT)):
        if not dataset.num_examples.get(split):
            continue
        x, labels = dataset.array(split), dataset.labels(split)
        add(split)
        rows = np.sort(subset_indices(len(x), config.max_examples))
        for start in tqdm.trange(
            0,
            len(rows),
            _BLOCK_SIZE,
            desc=f"reading {split}",
            unit="block",
            delay=2,
            leave=False,
            disable=not progress,
        ):
            add_array(x[rows[start : start + _BLOCK_SIZE]])
        if labels is not None:
            add_array(labels)
    return digest.hexdigest()


def _source(model: type) -> bytes:
    """Reads the file that defines a model, which need not belong to the library."""
    file = getattr(sys.modules.get(model.__module__), "__file__", None)
    return pathlib.Path(file).read_bytes() if file else b""
