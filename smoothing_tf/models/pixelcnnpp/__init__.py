"""PixelCNN++, the network of the image experiments, in its two forms."""

import tensorflow as tf

from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.pixelcnnpp.config import PixelCNNppConfig
from smoothing_tf.models.pixelcnnpp.pixelcnnpp import PixelCNNpp
from smoothing_tf.models.pixelcnnpp.stacked_pixelcnnpp import StackedPixelCNNpp
from smoothing_tf.models.torch_state import load_torch_state


def make_pixelcnnpp(
    config: PixelCNNppConfig,
    event_shape: tuple[int, int, int],
    num_levels: int | None = None,
    is_conditional: bool = False,
    seed: int | tf.Tensor = 0,
    **kwargs,
) -> DensityModel:
    """Makes the form of PixelCNN++ that `config.conditioning` names.

    Without a context both forms are the plain `PixelCNNpp`, whose arguments and errors
    these are.
    """
    if is_conditional and config.conditioning == "stacked":
        return StackedPixelCNNpp(config, event_shape, num_levels, seed, **kwargs)
    return PixelCNNpp(config, event_shape, num_levels, is_conditional, seed, **kwargs)


__all__ = [
    "PixelCNNpp",
    "PixelCNNppConfig",
    "StackedPixelCNNpp",
    "load_torch_state",
    "make_pixelcnnpp",
]
