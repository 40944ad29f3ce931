"""Makes the smoothing distribution of a configuration."""

from smoothing_tf.settings import choose
from smoothing_tf.smoothing.config import SMOOTHINGS, SmoothingConfig
from smoothing_tf.smoothing.smoothing import Smoothing


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
