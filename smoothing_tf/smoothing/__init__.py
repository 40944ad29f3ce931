"""Smoothing distributions q(x~ | x), by their names in a configuration."""

import dataclasses

from smoothing_tf.settings import choose, setting, validate
from smoothing_tf.smoothing.gaussian import Gaussian
from smoothing_tf.smoothing.laplace import Laplace
from smoothing_tf.smoothing.noise_stream import NoiseStream
from smoothing_tf.smoothing.smoothing import Smoothing
from smoothing_tf.smoothing.uniform import Uniform

SMOOTHINGS = {
    "gaussian": Gaussian,
    "laplace": Laplace,
    "uniform": Uniform,
}


@dataclasses.dataclass(frozen=True)
class SmoothingConfig:
    """The smoothing distribution and its scale."""

    smoothing: str = setting(
        "gaussian", "Smoothing distribution q(x~|x).", choices=tuple(SMOOTHINGS)
    )
    noise_scale: float | None = setting(
        None,
        "Standard deviation of the noise per coordinate: on [-1, 1] for images, in the"
        " data's own unit for vectors. 'auto' takes the median pairwise distance of"
        " the training data / (2 sqrt(D)).",
        exclusive_minimum=0.0,
        none_name="auto",
    )

    def __post_init__(self):
        validate(self)


def make_smoothing(config: SmoothingConfig) -> Smoothing:
    """Makes the smoothing distribution of a configuration.

    Raises:
      ValueError: the name is unknown, or the noise scale is still "auto".
    """
    smoothing = choose(SMOOTHINGS, config.smoothing, "smoothing")
    if config.noise_scale is None:
        raise ValueError(
            "`noise_scale` must be resolved to a number before it is used; got 'auto'."
        )
    return smoothing(config.noise_scale)


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
