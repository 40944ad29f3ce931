"""PixelCNN++, the network of the image experiments, in its two forms."""

from typing import TYPE_CHECKING

from smoothing_tf.lazy_names import import_when_used

if TYPE_CHECKING:
    from smoothing_tf.models.pixelcnnpp.config import PixelCNNppConfig
    from smoothing_tf.models.pixelcnnpp.make import make_pixelcnnpp
    from smoothing_tf.models.pixelcnnpp.pixelcnnpp import PixelCNNpp
    from smoothing_tf.models.pixelcnnpp.stacked_pixelcnnpp import StackedPixelCNNpp
    from smoothing_tf.models.torch_state import load_torch_state

__all__ = [
    "PixelCNNpp",
    "PixelCNNppConfig",
    "StackedPixelCNNpp",
    "load_torch_state",
    "make_pixelcnnpp",
]

import_when_used(__name__)
