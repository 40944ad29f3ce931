"""An export, loaded by itself."""

import pathlib
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from smoothing_tf import artifacts
from smoothing_tf.serving.layout import METADATA_FILE

# TensorFlow puts the sentence of a refusal in brackets, and adds places in the graph.
_REFUSAL = re.compile(r"assertion failed: \[(.*?)\]\s*(?:\n|\[\[|$)", re.DOTALL)


class ExportedModel:
    """The signatures of an export, as functions of arrays.

    It knows what a client of a server knows: the SavedModel and smoothing.json.

    Args:
      directory: a version's directory, e.g. MODELS/name/3.

    Attributes:
      event_shape: shape of an example.
      num_levels: number of levels of images; None for continuous data.
      facts: content of smoothing.json.

    Raises:
      OSError: the directory holds no export, or it cannot be read.
      ValueError: smoothing.json is damaged, or is of an earlier version.
    """

    def __init__(self, directory: artifacts.Path):
        directory = pathlib.Path(directory)
        self.facts: Mapping[str, Any] = artifacts.read_json(directory / METADATA_FILE)
        if "sample_rows" not in self.facts.get("inputs", {}):
            raise ValueError(
                f"{directory} was exported by an earlier version and lacks the"
                " signature sample_rows. Export the model again."
            )
        self.event_shape = tuple(self.facts["event_shape"])
        self.num_levels: int | None = self.facts["num_levels"]
        self._loaded = tf.saved_model.load(str(directory))

    @property
    def signatures(self) -> list[str]:
        return self.facts["signatures"]

    @property
    def max_samples(self) -> int:
        """The largest number of rows of a request, times their particles or draws."""
        return self.facts["max_samples"]

    @property
    def noise_scale(self) -> float | None:
        """Standard deviation of x~ around x; None for a baseline by itself."""
        return self.facts.get("noise_scale")

    @property
    def class_names(self) -> list[str] | None:
        """Names of the classes, or their numbers; None for a model without classes."""
        number = self.facts.get("num_classes")
        if number is None:
            return None
        return self.facts.get("class_names") or [str(index) for index in range(number)]

    @property
    def column_names(self) -> list[str] | None:
        """Names of the columns of a standardized table."""
        return self.facts.get("standardization", {}).get("columns")

    def takes(self, signature: str, tensor: str) -> bool:
        """Whether a signature exists and has an input of this name."""
        return tensor in self.facts["inputs"].get(signature, ())

    def returns(self, signature: str, tensor: str) -> bool:
        """Whether a signature exists and has an output of this name."""
        return tensor in self.facts["outputs"].get(signature, ())

    def call(self, name: str, **inputs: Any) -> dict[str, np.ndarray]:
        """Calls a signature.

        Args:
          name: name of the signature.
          **inputs: its inputs, as smoothing.json describes them; converted to their
            dtypes if that changes no integer.

        Returns:
          Name of an output -> array.

        Raises:
          ValueError: an integer input holds other values; or the request breaks a rule,
            and the message is the signature's own.
        """
        signature = self._loaded.signatures[name]
        specs = signature.structured_input_signature[1]
        tensors = {
            key: tf.constant(_convert(key, value, specs[key].dtype))
            for key, value in inputs.items()
        }
        try:
            outputs = signature(**tensors)
        except tf.errors.InvalidArgumentError as error:
            found = _REFUSAL.search(error.message)
            if found is None:
                raise
            raise ValueError(found[1]) from error
        return {key: value.numpy() for key, value in outputs.items()}


def _convert(name: str, value: Any, dtype: tf.DType) -> np.ndarray:
    """Converts an input; rejects values that its integer dtype cannot hold."""
    array = np.asarray(value)
    with np.errstate(invalid="ignore"):
        converted: np.ndarray = array.astype(dtype.as_numpy_dtype)
    if dtype.is_integer:
        wrong = array[converted != array]
        if wrong.size:
            raise ValueError(
                f"`{name}` must hold whole numbers from {dtype.min} to {dtype.max}; got"
                f" {wrong[0]}."
            )
    return converted
