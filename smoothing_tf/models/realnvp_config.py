"""Hyper-parameters of RealNVP."""

import dataclasses

from smoothing_tf.models.activations import activation_setting
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class RealNVPConfig:
    """Hyper-parameters of RealNVP."""

    num_couplings: int = setting(
        8,
        "Affine couplings; each moves the half that the previous one kept.",
        minimum=2,
    )
    hidden_units: tuple[int, ...] = setting(
        (128, 128), "Units of each hidden layer in a coupling's network.", minimum=1
    )
    activation: str = activation_setting()
    log_scale_limit: float = setting(
        2.0,
        "Largest logarithm by which one coupling stretches a dimension.",
        exclusive_minimum=0.0,
    )

    def __post_init__(self):
        validate(self)
