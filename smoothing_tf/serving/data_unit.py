"""The unit of the examples that a SavedModel takes and returns."""

import dataclasses
from typing import Any

import tensorflow as tf

from smoothing_tf.models.trained import Trained
from smoothing_tf.numerics import levels_to_unit, uint8_to_levels, unit_to_uint8
from smoothing_tf.serving.request_checks import RequestChecks
from smoothing_tf.standardization import Standardization


@dataclasses.dataclass(frozen=True)
class DataUnit:
    """Converts between the scale of the models and the unit of the data.

    Attributes:
      num_levels: number of levels; None for continuous data.
      standardization: the scale of the models, for standardized data, whose unit is
        that of the file, in float64; otherwise the two are the same.
      noise_scale: standard deviation of x~ around x, on the scale of the models.
    """

    num_levels: int | None
    standardization: Standardization | None = None
    noise_scale: float = 1.0

    @property
    def max_magnitude(self) -> float:
        """The largest magnitude of a value, on the scale of the models.

        x~ of images is x on [-1, 1] and noise; a sample of p(x~) may lie further out
        than that. Nothing is known of vectors, but where neighboring float32 lie
        further apart than an eighth of the noise, x~ does not hold it.
        """
        if self.num_levels is None:
            return self.noise_scale * 2.0**20
        return 4.0 + 20.0 * self.noise_scale

    def check_range(
        self,
        checks: RequestChecks,
        name: str,
        x: tf.Tensor,
        where: tf.Tensor | None = None,
    ) -> None:
        """Requires floating examples that are not far outside the data's range.

        Args:
          checks: the checks of the request.
          name: name of the input.
          x: finite examples of a client [n, ...event_shape].
          where: bool tensor of the shape of `x`, False for values that may be anything;
            or None.
        """
        limit = self.max_magnitude
        rule = f"`{name}` must be from -{limit:g} to {limit:g}"
        if self.standardization is not None:
            rule = (
                f"`{name}` must be within {limit:g} standard deviations of the mean of"
                " its column"
            )
        elif self.num_levels is not None:
            rule += ", with images on [-1, 1]"
        is_valid = tf.abs(self.to_model(x)) <= limit
        if where is not None:
            is_valid |= tf.logical_not(where)
        checks.check_values(is_valid, x, rule)

    @classmethod
    def of(cls, trained: Trained) -> "DataUnit":
        """Returns the unit of the data that models were trained on."""
        return cls(
            trained.num_levels, trained.standardization, trained.smoothing.noise_scale
        )

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
        levels = uint8_to_levels(samples, self.num_levels)
        return levels_to_unit(levels, self.num_levels, tf.float32)

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
