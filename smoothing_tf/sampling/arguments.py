"""Checks of the arrays that a caller gives."""

import numpy as np


def check_shape(name: str, x: np.ndarray, event_shape: tuple[int, ...]) -> None:
    """Checks that an array holds examples of a model.

    Raises:
      ValueError: its shape is not [n, ...event_shape], with n of at least 1.
    """
    if x.shape[1:] != event_shape or not len(x):
        raise ValueError(
            f"`{name}` must have the shape [n, {', '.join(map(str, event_shape))}],"
            f" with n of at least 1; got {list(x.shape)}."
        )


def check_levels(name: str, x: np.ndarray, num_levels: int) -> None:
    """Checks that an array, which is not empty, holds levels.

    Raises:
      ValueError: its dtype is no integer, or a value is not from 0 to num_levels - 1.
    """
    if not np.issubdtype(x.dtype, np.integer):
        raise ValueError(
            f"`{name}` must be integers, levels from 0 to {num_levels - 1}; got"
            f" {x.dtype}. `smoothing_tf.numerics.unit_to_levels` converts images on"
            " [-1, 1]."
        )
    if x.min() < 0 or x.max() >= num_levels:
        raise ValueError(
            f"`{name}` must be levels from 0 to {num_levels - 1}; got values from"
            f" {x.min()} to {x.max()}."
        )


def as_float32(name: str, x: np.ndarray) -> np.ndarray:
    """Converts floating point numbers to float32.

    Raises:
      ValueError: `x` has another dtype.
    """
    if not np.issubdtype(x.dtype, np.floating):
        raise ValueError(f"`{name}` must be floating; got {x.dtype}.")
    # Values beyond float32 become infinite.
    with np.errstate(over="ignore"):
        return x.astype(np.float32)


def check_finite(name: str, x: np.ndarray) -> None:
    """Checks that no number is NaN or infinite.

    Raises:
      ValueError: one is.
    """
    is_wrong = ~np.isfinite(x)
    if np.any(is_wrong):
        raise ValueError(f"`{name}` must be finite; got {x[is_wrong][0]}.")
