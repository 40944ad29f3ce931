"""Hyper-parameters of PixelCNN."""

import dataclasses

from smoothing_tf.models.head_setting import head_setting
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class PixelCNNConfig:
    """Hyper-parameters of PixelCNN."""

    num_blocks: int = setting(15, "Residual blocks.", minimum=1)
    num_filters: int = setting(
        120,
        "Channels inside a block, half of those between blocks; a multiple of the"
        " channels of the image.",
        minimum=1,
    )
    num_mixtures: int = setting(
        10, "Logistics in the mixture of each sub-pixel, if any.", minimum=1
    )
    dropout: float = setting(
        0.0,
        "Dropout rate inside each residual block.",
        minimum=0.0,
        exclusive_maximum=1.0,
    )
    head: str | None = head_setting()

    def __post_init__(self):
        validate(self)
