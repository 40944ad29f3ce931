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
