"""The table of density models."""

import pkgutil
from collections.abc import Callable
from typing import Any, NamedTuple

from smoothing_tf.models.gated_pixelcnn_config import GatedPixelCNNConfig
from smoothing_tf.models.made_config import MADEConfig
from smoothing_tf.models.pixelcnn_config import PixelCNNConfig
from smoothing_tf.models.pixelcnnpp.config import PixelCNNppConfig
from smoothing_tf.models.realnvp_config import RealNVPConfig


class ModelEntry(NamedTuple):
    """A model, and the dataclass of its hyper-parameters.

    Attributes:
      place: "module:name" of the function or class that builds the model, which is
        imported when it is needed: reading flags needs no TensorFlow.
      config: the dataclass.
    """

    place: str
    config: type

    @property
    def model(self) -> Callable[..., Any]:
        """Function that builds the `DensityModel`; its arguments are those of MADE."""
        return pkgutil.resolve_name(self.place)


# Name in a configuration -> model.
MODELS = {
    "made": ModelEntry("smoothing_tf.models.made:MADE", MADEConfig),
    "pixelcnn": ModelEntry("smoothing_tf.models.pixelcnn:PixelCNN", PixelCNNConfig),
    "gated_pixelcnn": ModelEntry(
        "smoothing_tf.models.gated_pixelcnn:GatedPixelCNN", GatedPixelCNNConfig
    ),
    "pixelcnnpp": ModelEntry(
        "smoothing_tf.models.pixelcnnpp.make:make_pixelcnnpp", PixelCNNppConfig
    ),
    "realnvp": ModelEntry("smoothing_tf.models.realnvp:RealNVP", RealNVPConfig),
}
