"""The forms in which a client gives examples of the data."""

import abc

import tensorflow as tf

from smoothing_tf.numerics import levels_to_unit, uint8_to_levels
from smoothing_tf.serving.data_unit import DataUnit
from smoothing_tf.serving.request_checks import RequestChecks


class Examples(abc.ABC):
    """Examples as an input of signatures.

    Attributes:
      name: name of the input.
      suffix: what the names of signatures that take this form end in.
      dtype: dtype of the input.
    """

    name: str
    suffix = ""
    dtype: tf.DType

    @property
    def spec(self) -> tf.TensorSpec:
        """The input in a signature, which states no shape; see `RequestChecks`."""
        return tf.TensorSpec(None, self.dtype, self.name)

    @abc.abstractmethod
    def check_values(
        self, checks: RequestChecks, x: tf.Tensor, where: tf.Tensor | None = None
    ) -> None:
        """Requires values that examples can have.

        Args:
          checks: the checks of the request.
          x: examples [n, ...event_shape].
          where: bool tensor of the shape of `x`, False for values that may be anything;
            or None.
        """

    @abc.abstractmethod
    def to_model(self, x: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
        """Converts examples to the scale of the models."""


class Levels(Examples):
    """The levels of the data set, 0 to `num_levels` - 1."""

    name, dtype = "levels", tf.int32

    def __init__(self, num_levels: int):
        self._num_levels = num_levels

    def check_values(self, checks, x, where=None):
        assert where is None
        is_valid = (x >= 0) & (x < self._num_levels)
        last = self._num_levels - 1
        checks.check_values(is_valid, x, f"`levels` must be from 0 to {last}")

    def to_model(self, x, dtype):
        return levels_to_unit(x, self._num_levels, dtype)


class Pixels(Examples):
    """The 8-bit grey levels round(255 i / (L - 1)) that `samples` are returned in."""

    name, suffix, dtype = "pixels", "_pixels", tf.uint8

    def __init__(self, num_levels: int):
        self._num_levels = num_levels

    def check_values(self, checks, x, where=None):
        last = self._num_levels - 1
        if last == 255:
            return
        levels = uint8_to_levels(x, self._num_levels)
        is_valid = tf.equal(tf.cast(tf.round(levels * 255 / last), x.dtype), x)
        rule = f"`pixels` must be grey levels round(255 i / {last})"
        if where is not None:
            is_valid |= tf.logical_not(where)
            rule += " where `mask` is 1"
        checks.check_values(is_valid, x, rule)

    def to_model(self, x, dtype):
        levels = uint8_to_levels(x, self._num_levels)
        return levels_to_unit(levels, self._num_levels, dtype)


class Floats(Examples):
    """Continuous data, in their own unit."""

    name = "x"

    def __init__(self, unit: DataUnit):
        self._unit, self.dtype = unit, unit.dtype

    def check_values(self, checks, x, where=None):
        checks.check_finite(self.name, x, where)
        self._unit.check_range(checks, self.name, x, where)

    def to_model(self, x, dtype):
        return self._unit.to_model(x, dtype)


def forms_of(unit: DataUnit) -> list[Examples]:
    """Returns the forms that examples of a kind of data have."""
    if unit.num_levels is None:
        return [Floats(unit)]
    return [Levels(unit.num_levels), Pixels(unit.num_levels)]
