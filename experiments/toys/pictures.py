"""Arrays from which the figures in the plane are drawn."""

import pathlib

import numpy as np
import tensorflow as tf

from experiments.toys.scores import draw_held_out
from smoothing_tf import artifacts
from smoothing_tf.data.densities import DENSITIES

GRID_SIZE = 320
NUM_SAMPLES = 10_000
_FILE = "arrays.npz"


def make_grid(bounds: list[list[float]], size: int) -> np.ndarray:
    """Makes [size^D, D] points whose first coordinate varies along the columns."""
    axes = [np.linspace(low, high, size) for low, high in bounds]
    return np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, len(bounds))


def compute_data_arrays(
    density: str, bounds: list[list[float]]
) -> dict[str, np.ndarray]:
    """Computes the arrays of the data that a cell writes of a model.

    Args:
      density: a key of DENSITIES.
      bounds: [low, high] of each coordinate of the grid.

    Returns:
      "samples" [n, D] and "log_density" on the grid, nats.
    """
    data = DENSITIES[density]()
    grid = make_grid(bounds, GRID_SIZE)
    return {
        "samples": draw_held_out(data, NUM_SAMPLES),
        "log_density": data.log_prob(tf.constant(grid, tf.float32)).numpy(),
    }


def save_arrays(directory: pathlib.Path, **arrays) -> None:
    """Writes arrays as float32 to a cell's directory."""
    np.savez_compressed(
        directory / _FILE,
        **{name: np.asarray(array, np.float32) for name, array in arrays.items()},
    )


def read_arrays(directory: pathlib.Path) -> dict[str, np.ndarray]:
    """Reads the arrays of a cell's directory."""
    return artifacts.read_kept_npz(directory / _FILE)
