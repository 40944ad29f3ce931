"""Smoothing distributions q(x~ | x), by their names in a configuration."""

from typing import TYPE_CHECKING

from smoothing_tf.lazy_names import import_when_used

if TYPE_CHECKING:
    from smoothing_tf.smoothing.config import SMOOTHINGS, SmoothingConfig
    from smoothing_tf.smoothing.gaussian import Gaussian
    from smoothing_tf.smoothing.laplace import Laplace
    from smoothing_tf.smoothing.make import make_smoothing
    from smoothing_tf.smoothing.noise_stream import NoiseStream
    from smoothing_tf.smoothing.smoothing import Smoothing
    from smoothing_tf.smoothing.uniform import Uniform

__all__ = [
    "SMOOTHINGS",
    "Gaussian",
    "Laplace",
    "NoiseStream",
    "Smoothing",
    "SmoothingConfig",
    "Uniform",
    "make_smoothing",
]

import_when_used(__name__)
