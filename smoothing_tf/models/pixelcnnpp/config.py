"""Hyper-parameters of PixelCNN++."""

import dataclasses

from smoothing_tf.models.head_setting import head_setting
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class PixelCNNppConfig:
    """Hyper-parameters of PixelCNN++; the defaults are those for CIFAR-10."""

    num_resnet: int = setting(
        5, "Gated resnet blocks per level of resolution.", minimum=1
    )
    num_filters: int = setting(160, "Channels of each stream.", minimum=1)
    num_mixtures: int = setting(
        10, "Logistics in the mixture of each pixel.", minimum=1
    )
    dropout: float = setting(
        0.5,
        "Dropout rate inside each gated resnet block.",
        minimum=0.0,
        exclusive_maximum=1.0,
    )
    spatial_dropout: bool = setting(
        False, "Dropout drops whole channels of an image instead of single values."
    )
    conditioning: str = setting(
        "features",
        "How p(x|x~) sees x~: as unmasked features, or stacked above x in a network of"
        " double height, as published.",
        choices=("features", "stacked"),
    )
    data_dependent_init: bool = setting(
        True,
        "Training begins with scales and biases that standardize every layer's outputs"
        " on the first batch.",
    )
    head: str | None = head_setting()

    def __post_init__(self):
        validate(self)
