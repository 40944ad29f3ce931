"""Makes the form of PixelCNN++ that a configuration names."""

import tensorflow as tf

from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.pixelcnnpp.config import PixelCNNppConfig
from smoothing_tf.models.pixelcnnpp.pixelcnnpp import PixelCNNpp
from smoothing_tf.models.pixelcnnpp.stacked_pixelcnnpp import StackedPixelCNNpp


def make_pixelcnnpp(
    config: PixelCNNppConfig,
    event_shape: tuple[int, int, int],
    num_levels: int | None = None,
    takes_x_smoothed: bool = False,
    num_classes: int | None = None,
    seed: int | tf.Tensor = 0,
    **kwargs,
) -> DensityModel:
    """Makes the form of PixelCNN++ that `config.conditioning` names.

    Without x~ both forms are the plain `PixelCNNpp`, whose arguments and errors
    these are.
    """
    if takes_x_smoothed and config.conditioning == "stacked":
        return StackedPixelCNNpp(
            config, event_shape, num_levels, num_classes, seed, **kwargs
        )
    return PixelCNNpp(
        config, event_shape, num_levels, takes_x_smoothed, num_classes, seed, **kwargs
    )
