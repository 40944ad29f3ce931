"""Draws from trained models, kept while the models and what is drawn stay the same."""

import hashlib
import pathlib
from collections.abc import Sequence

import numpy as np

from smoothing_tf.compression.facts import model_digest
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.parts import Parts
from smoothing_tf.smoothing import Smoothing


def open_draws(
    path: pathlib.Path,
    models: Sequence[DensityModel],
    smoothing: Smoothing | None,
    *arrays: np.ndarray,
    about: object = None,
) -> Parts:
    """Opens a directory of draws, which is empty if anything behind them has changed.

    Args:
      path: path of the directory; a digest is appended to its name.
      models: models that draw.
      smoothing: noise between the models, or None.
      *arrays: arrays that the draws depend on, e.g. given images and their masks.
      about: further settings that they depend on, such as a seed; their `repr` counts.

    Returns:
      Parts in the directory PATH-DIGEST.
    """
    digest = hashlib.sha256(repr((model_digest(models, smoothing), about)).encode())
    for array in arrays:
        digest.update(repr((str(array.dtype), array.shape)).encode())
        digest.update(np.ascontiguousarray(array).data)
    name = f"{path.name}-{digest.hexdigest()[:16]}"
    return Parts(path.with_name(name), progress=True)
