"""Smoothing distributions q(x~ | x), by the name a configuration uses."""

from smoothing_tf.settings import choose
from smoothing_tf.smoothing.gaussian import Gaussian
from smoothing_tf.smoothing.smoothing import Smoothing, SmoothingConfig

SMOOTHINGS = {
    "gaussian": Gaussian,
}


def make_smoothing(config: SmoothingConfig) -> Smoothing:
    """The smoothing distribution of a configuration.

    Raises:
      ValueError: an unknown name, or a noise scale still to be chosen.
    """
    smoothing = choose(SMOOTHINGS, config.smoothing, "smoothing")
    if config.noise_scale is None:
        raise ValueError(
            "`noise_scale` must be resolved to a number before it is used; got 'auto'."
        )
    return smoothing(config.noise_scale)


__all__ = ["SMOOTHINGS", "Gaussian", "Smoothing", "SmoothingConfig", "make_smoothing"]
