"""Hyper-parameters of Gated PixelCNN."""

import dataclasses

from smoothing_tf.models.head_setting import head_setting
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class GatedPixelCNNConfig:
    """Hyper-parameters of Gated PixelCNN."""

    num_layers: int = setting(15, "Gated layers of each stack.", minimum=1)
    num_filters: int = setting(
        120,
        "Channels of each stack; a multiple of the channels of the image.",
        minimum=1,
    )
    kernel_size: int = setting(
        5, "Odd width k of the k x k windows after the first layer.", minimum=1
    )
    num_mixtures: int = setting(
        10, "Logistics in the mixture of each sub-pixel, if any.", minimum=1
    )
    dropout: float = setting(
        0.0,
        "Dropout rate after each gate of the horizontal stack.",
        minimum=0.0,
        exclusive_maximum=1.0,
    )
    head: str | None = head_setting()

    def __post_init__(self):
        validate(self)
        if not self.kernel_size % 2:
            raise ValueError(f"`kernel_size` must be odd; got {self.kernel_size}.")
