"""The unit of the examples that a SavedModel takes and returns."""

import dataclasses
from typing import Any

import tensorflow as tf

from smoothing_tf.numerics import levels_to_unit, unit_to_uint8
from smoothing_tf.standardization import Standardization


@dataclasses.dataclass(frozen=True)
class DataUnit:
    """Converts between the scale of the models and the unit of the data.

    Attributes:
      num_levels: number of levels; None for continuous data.
      standardization: the scale of the models, for standardized data, whose unit is
        that of the file, in float64; otherwise the two are the same.
    """

    num_levels: int | None
    standardization: Standardization | None = None

    @property
    def dtype(self) -> tf.DType:
        """The dtype of floating examples."""
        return tf.float32 if self.standardization is None else tf.float64

    @property
    def description(self) -> str:
        """Describes floating examples to a client."""
        if self.standardization is not None:
            return "float64, in the raw units of the columns"
        return "float32, on [-1, 1] for images, in the data's own unit for vectors"

    def to_model(self, x: tf.Tensor, dtype=tf.float32) -> tf.Tensor:
        """Converts floating examples of a client."""
        if self.standardization is not None:
            x = self.standardization.standardize(x)
        return tf.cast(x, dtype)

    def floats(self, x: tf.Tensor) -> tf.Tensor:
        """Converts what the models draw, as floating examples."""
        return x if self.standardization is None else self.standardization.restore(x)

    def samples(self, x: tf.Tensor) -> tf.Tensor:
        """Converts exact samples: uint8 images, or floating vectors."""
        if self.num_levels is None:
            return self.floats(x)
        return unit_to_uint8(x, self.num_levels)

    def samples_to_model(self, samples: tf.Tensor) -> tf.Tensor:
        """Converts exact samples back, float32."""
        if self.num_levels is None:
            return self.to_model(samples)
        levels = tf.cast(samples, tf.float64) * (self.num_levels - 1) / 255
        return levels_to_unit(tf.round(levels), self.num_levels, tf.float32)

    def bound_in_raw_units(self, nats: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns nats_raw_units for standardized data, otherwise nothing."""
        if self.standardization is None:
            return {}
        return {"nats_raw_units": nats + self.standardization.log_volume}

    def metadata(self) -> dict[str, Any]:
        """Describes the scale for a client; nothing for data in their own unit."""
        if self.standardization is None:
            return {}
        return {"standardization": self.standardization.to_json()}
