"""The scale on which the columns of a table are modeled, and the way back."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

# Moments of the same data may differ by this part of the standard deviation between
# machines, which add in another order.
_TOLERANCE = 1e-6


@dataclasses.dataclass(frozen=True)
class Standardization:
    """Mean and standard deviation of every column, z = (x - mean) / std.

    x is in raw units, those of the file; z is on the standardized scale, on which
    models are trained. A density of z is one of x after division by the product of the
    standard deviations: log p(x) = log p(z) - `log_volume`.

    Raw values are float64: float32 cannot hold a small spread around a large mean.

    Attributes:
      columns: names of the columns.
      mean: mean of each column in the training split, in raw units.
      std: standard deviation of each column there (ddof = 0), in raw units.

    Raises:
      ValueError: the lengths differ, or a number is not finite or a deviation not
        above 0.
    """

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self):
        if not len(self.columns) == len(self.mean) == len(self.std) > 0:
            raise ValueError(
                "`columns`, `mean` and `std` must have one entry for each column; got"
                f" {len(self.columns)}, {len(self.mean)} and {len(self.std)}."
            )
        for name, mean, std in zip(self.columns, self.mean, self.std):
            if not math.isfinite(mean) or not math.isfinite(std) or std <= 0.0:
                raise ValueError(
                    f"The column {name!r} must have a finite mean and a standard"
                    f" deviation above 0; got {mean} and {std}."
                )

    @classmethod
    def of(cls, columns: Sequence[str], x: np.ndarray) -> "Standardization":
        """Measures the columns of floats [n, d], in float64."""
        x = np.asarray(x, np.float64)
        mean = x.mean(axis=0)
        std = x.std(axis=0)
        return cls(tuple(columns), tuple(mean.tolist()), tuple(std.tolist()))

    @property
    def log_volume(self) -> float:
        """Sum of the logarithms of the standard deviations, in nats."""
        return math.fsum(math.log(std) for std in self.std)

    def standardize(self, x):
        """Converts raw units [..., d], an array or a tensor, to float64 z."""
        if tf.is_tensor(x):
            return (tf.cast(x, tf.float64) - self.mean) / self.std
        return (np.asarray(x, np.float64) - self.mean) / self.std

    def restore(self, z):
        """Converts z [..., d], an array or a tensor, to float64 in raw units."""
        if tf.is_tensor(z):
            return tf.cast(z, tf.float64) * self.std + self.mean
        return np.asarray(z, np.float64) * self.std + self.mean

    def is_close(self, other: "Standardization | None") -> bool:
        """Whether another one was measured on the same data, up to rounding."""
        if other is None or self.columns != other.columns:
            return False
        mean, std = np.asarray(self.mean), np.asarray(self.std)
        # A mean far from 0 is itself only known to its own rounding.
        slack = _TOLERANCE * std + 1e-14 * np.abs(mean)
        return bool(
            np.all(np.abs(mean - other.mean) <= slack)
            and np.all(np.abs(std - other.std) <= _TOLERANCE * std)
        )

    def to_json(self) -> dict[str, Any]:
        """Converts the numbers to lists."""
        return {name: list(value) for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_json(cls, value: Any) -> "Standardization":
        """Inverts `to_json`.

        Raises:
          ValueError: the value does not have that form.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        is_valid = isinstance(value, dict) and value.keys() == set(names)
        if is_valid:
            columns, *numbers = (value[name] for name in names)
            is_valid = (
                isinstance(columns, list)
                and all(isinstance(name, str) for name in columns)
                and all(
                    isinstance(values, list)
                    and all(type(number) in (int, float) for number in values)
                    for values in numbers
                )
            )
        if not is_valid:
            raise ValueError(
                "`standardization` must be an object with the lists"
                f" {', '.join(names)}; got {value!r}."
            )
        return cls(
            tuple(value["columns"]),
            tuple(float(number) for number in value["mean"]),
            tuple(float(number) for number in value["std"]),
        )
