"""The bound of an exported model, through its signature."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from components.served_versions import BOUND, read_facts
from smoothing_tf.serving.layout import DEFAULT_MAX_SAMPLES

# The names of the bound in the unit of the data, the first that a signature has.
_OUTPUTS = ("bits_per_dim", "nats_raw_units", "nats")


class ServedBound:
    """The signature `bound` of a SavedModel.

    Args:
      version: path or URL of the SavedModel.

    Attributes:
      version: the same.
      facts: content of its smoothing.json.

    Raises:
      OSError: it cannot be read.
      ValueError: it is damaged, or is no two-stage model.
    """

    def __init__(self, version: str):
        self.version = version
        self.facts: Mapping[str, Any] = read_facts(version)
        try:
            # What the signature needs lives as long as the loaded model.
            self._loaded = tf.saved_model.load(version)
            self._signature = self._loaded.signatures[BOUND]
        except Exception as error:
            # TensorFlow and protobuf fail in many ways on damaged files.
            reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
            raise ValueError(
                f"The version {version} cannot be loaded: {reason}. Remove it, or name"
                " another directory as `bless_against`."
            ) from error
        self._inputs = self._signature.structured_input_signature[1]

    @property
    def takes_label(self) -> bool:
        """Whether the bound is one on log p(x | y)."""
        return "label" in self._inputs

    @property
    def max_rows(self) -> int:
        """The largest number of rows of a request."""
        return self.facts.get("max_samples", DEFAULT_MAX_SAMPLES)

    def __call__(
        self, x: np.ndarray, seeds: np.ndarray, label: np.ndarray | None
    ) -> np.ndarray:
        """Computes the bound of each example at one draw of x~.

        Args:
          x: levels, or floats in the unit of the data, [n, ...event_shape].
          seeds: seeds of the examples, int32 [n, 2].
          label: class of each example, integers [n]; None if the bound takes none.

        Returns:
          float64 [n], in bits per dimension or, for vectors, in nats.

        Raises:
          ValueError: the model refuses the examples.
        """
        (name,) = self._inputs.keys() & {"levels", "x"}
        # Models that were exported by an earlier version take one seed for all rows.
        takes_one = self._inputs["seed"].shape.rank == 1
        given = {
            name: tf.constant(x, self._inputs[name].dtype),
            "seed": tf.constant(seeds[0] if takes_one else seeds, tf.int32),
        }
        if label is not None:
            given["label"] = tf.constant(label, tf.int32)
        try:
            outputs = self._signature(**given)
        except tf.errors.InvalidArgumentError as error:
            reason = error.message.partition("\n")[0].rstrip(".")
            raise ValueError(
                f"The version {self.version} refuses this run's examples: {reason}."
            ) from error
        return next(outputs[key] for key in _OUTPUTS if key in outputs).numpy()
