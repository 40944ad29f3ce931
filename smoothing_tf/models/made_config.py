"""Hyper-parameters of MADE."""

import dataclasses

from smoothing_tf.models.activations import activation_setting
from smoothing_tf.models.head_setting import head_setting
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class MADEConfig:
    """Hyper-parameters of MADE."""

    hidden_units: tuple[int, ...] = setting(
        (512, 512), "Units of each hidden layer.", minimum=1
    )
    num_mixtures: int = setting(
        10, "Logistics in the mixture of each conditional.", minimum=1
    )
    activation: str = activation_setting()
    initial_range: float = setting(
        1.0,
        "The mixtures' locations start evenly spread over [-r, r]; for vectors, choose"
        " about the largest magnitude of the data.",
        exclusive_minimum=0.0,
    )
    initial_jitter: float = setting(
        0.0,
        "Range of random moves of these locations, as a share of the distance between"
        " two of them, so that restarts differ even in one dimension.",
        minimum=0.0,
        maximum=1.0,
    )
    dropout: float = setting(
        0.0, "Dropout rate after each hidden layer.", minimum=0.0, exclusive_maximum=1.0
    )
    head: str | None = head_setting()

    def __post_init__(self):
        validate(self)
