"""Tiny models of small images whose codecs can be tried in a second."""

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
    stage: str = "baseline", num_classes: int | None = None, seed: int = 0
) -> MADE:
    """Makes a randomized MADE of tiny images."""
    model = MADE(
        _CONFIG,
        SHAPE,
        None if stage == "smoothed" else NUM_LEVELS,
        takes_x_smoothed=stage == "reverse",
        num_classes=num_classes,
        seed=seed,
    )
    randomize(model, 0.1)
    return model


def made_trained(
    smoothing: Smoothing | None = None, num_classes: int | None = None
) -> Trained:
    """All three stages, randomized."""
    return Trained(
        smoothing=smoothing or Gaussian(0.4),
        num_levels=NUM_LEVELS,
        classes=Classes(None, (0.5, 0.3, 0.2) if num_classes else None),
        smoothed=made("smoothed", num_classes, 1),
        reverse=made("reverse", num_classes, 2),
        baseline=made("baseline", num_classes, 3),
    )


def images(number: int, seed: int = 0) -> np.ndarray:
    """Draws random levels, uint8 [number, ...SHAPE]."""
    rng = np.random.default_rng(seed)
    return rng.integers(NUM_LEVELS, size=(number, *SHAPE), dtype=np.uint8)
