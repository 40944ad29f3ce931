"""Splits of fixed samples of a toy density, whose entropy is known."""

import functools
from collections.abc import Callable

import numpy as np

from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.data.source import Source, source_from_arrays
from smoothing_tf.seeds import derive_seed

_NUM_EXAMPLES = {"train": 50_000, "validation": 5_000, "test": 10_000}
_SEED = 0


def toy_source(name: str, data_dir: str | None = None) -> Source:
    """Makes a source of fixed samples of a density.

    Args:
      name: a key of DENSITIES.
      data_dir: must be None, since nothing is stored.

    Raises:
      ValueError: a directory is given.
    """
    if data_dir is not None:
        raise ValueError(
            f"`data_dir` must be empty for {name!r}, which is drawn when it is opened"
            f" and not stored; got {data_dir}."
        )
    return source_from_arrays(name, _samples(name), num_levels=None)


def _samples(name: str) -> dict[str, np.ndarray]:
    density = DENSITIES[name]()
    return {
        split: density.sample(
            number, seed=derive_seed(_SEED, f"{name} {split}")
        ).numpy()
        for split, number in _NUM_EXAMPLES.items()
    }


# name -> function of data_dir, the lines of DATASETS.
TOYS: dict[str, Callable[[str | None], Source]] = {
    name: functools.partial(toy_source, name) for name in DENSITIES
}
