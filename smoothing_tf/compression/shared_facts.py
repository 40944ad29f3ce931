"""The facts of a header that a decoder must share with the encoder."""

import importlib.metadata
import sys
from typing import Any

import numpy as np
import tensorflow as tf

from smoothing_tf.compression.compressed_file import Header
from smoothing_tf.compression.config import BASELINE
from smoothing_tf.compression.facts import (
    check_device,
    compute_dtypes,
    device_kind,
    model_digest,
    num_threads,
)
from smoothing_tf.compression.make import stage_models
from smoothing_tf.models.trained import Trained

_WHERE = "Decompress it where it was written; elsewhere its images would differ."
_VERSION = "{theirs}, and this is {ours}"
_RUN = "Give the run that wrote it."
_OF_PROCESS = {
    "library": (f"smoothing_tf {_VERSION}", _WHERE),
    "constriction": (f"the package constriction {_VERSION}", _WHERE),
    "tensorflow": (f"TensorFlow {_VERSION}", _WHERE),
    "numpy": (f"NumPy {_VERSION}", _WHERE),
    "device": (f"the device {_VERSION}", _WHERE),
    "threads": (
        "{theirs} threads of TensorFlow, and this process uses {ours}",
        "Call tf.config.threading.set_intra_op_parallelism_threads({theirs}) before"
        " TensorFlow computes anything.",
    ),
}
_OF_MODELS = {
    "levels": ("{theirs} levels, and the data of this run have {ours}", _RUN),
    "dtype": ("the compute dtype {theirs}, and this run has {ours}", _RUN),
    "model": ("another model, or after another number of training steps", _RUN),
}


def collect_facts(trained: Trained, stage: str) -> dict[str, Any]:
    """Collects the facts that the decoder must share with this process.

    Raises:
      RuntimeError: TensorFlow uses a GPU.
      ValueError: the models of the stage cannot be coded with.
    """
    return _facts_of_process() | _facts_of_models(trained, stage)


def check_facts(header: Header, trained: Trained) -> None:
    """Checks that a file was written with these models and libraries.

    Raises:
      RuntimeError: TensorFlow uses a GPU.
      ValueError: it was not; the message says what differs.
    """
    _compare(header, _OF_PROCESS, _facts_of_process())
    needed = ("baseline",) if header.stage == BASELINE else ("smoothed", "reverse")
    missing = [stage for stage in needed if getattr(trained, stage) is None]
    if missing:
        raise ValueError(
            f"The file was written with another model: this run has no stage"
            f" {' and no stage '.join(missing)}. {_RUN}"
        )
    _compare(header, _OF_MODELS, _facts_of_models(trained, header.stage))


def _facts_of_process() -> dict[str, Any]:
    check_device()
    return {
        # A checkout that is not installed has no metadata.
        "library": sys.modules["smoothing_tf"].__version__,
        "constriction": importlib.metadata.version("constriction"),
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
        "device": device_kind(),
        "threads": num_threads(),
    }


def _facts_of_models(trained: Trained, stage: str) -> dict[str, Any]:
    models = stage_models(trained, stage)
    smoothing = None if stage == BASELINE else trained.smoothing
    return {
        "levels": trained.num_levels,
        "dtype": compute_dtypes(models),
        "model": model_digest(models, smoothing),
    }


def _compare(
    header: Header, described: dict[str, tuple[str, str]], facts: dict[str, Any]
) -> None:
    for name, (difference, advice) in described.items():
        theirs, ours = getattr(header, name), facts[name]
        if theirs != ours:
            text = f"The file was written with {difference}. {advice}"
            raise ValueError(text.format(theirs=theirs, ours=ours))
