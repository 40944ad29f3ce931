"""Tiny models of small images whose codecs can be tried in a second."""

import functools

import numpy as np

from smoothing_tf.models import MADE, MADEConfig
from smoothing_tf.models.classes import Classes
from smoothing_tf.models.trained import Trained
from smoothing_tf.smoothing import Gaussian, Smoothing
from tests.testing.density_model_contract import randomize

NUM_LEVELS = 4
SHAPE = (3, 2, 1)
_CONFIG = MADEConfig(hidden_units=(8,), num_mixtures=2)


def made(
    stage: str = "baseline",
    num_classes: int | None = None,
    seed: int = 0,
    shape: tuple[int, ...] = SHAPE,
    num_levels: int = NUM_LEVELS,
) -> MADE:
    """Makes a randomized MADE of tiny images."""
    model = MADE(
        _CONFIG,
        shape,
        None if stage == "smoothed" else num_levels,
        takes_x_smoothed=stage == "reverse",
        num_classes=num_classes,
        seed=seed,
    )
    randomize(model, 0.1)
    return model


def made_trained(
    smoothing: Smoothing | None = None,
    num_classes: int | None = None,
    shape: tuple[int, ...] = SHAPE,
    num_levels: int = NUM_LEVELS,
) -> Trained:
    """All three stages, randomized, with no classes, one or three."""
    frequencies = {None: None, 1: (1.0,), 3: (0.5, 0.3, 0.2)}[num_classes]
    made_stage = functools.partial(
        made, num_classes=num_classes, shape=shape, num_levels=num_levels
    )
    return Trained(
        smoothing=smoothing or Gaussian(0.4),
        num_levels=num_levels,
        classes=Classes(None, frequencies),
        smoothed=made_stage("smoothed", seed=1),
        reverse=made_stage("reverse", seed=2),
        baseline=made_stage("baseline", seed=3),
    )


def images(
    number: int,
    seed: int = 0,
    shape: tuple[int, ...] = SHAPE,
    num_levels: int = NUM_LEVELS,
) -> np.ndarray:
    """Draws random levels, uint8 [number, *shape]."""
    rng = np.random.default_rng(seed)
    return rng.integers(num_levels, size=(number, *shape), dtype=np.uint8)
