"""Settings of the smoothing, and the table of smoothing distributions."""

import dataclasses

from smoothing_tf.plug_ins import PlugIns
from smoothing_tf.settings import setting, validate

# Name in a configuration -> subclass of `Smoothing`.
SMOOTHINGS = PlugIns(
    {
        "gaussian": "smoothing_tf.smoothing.gaussian:Gaussian",
        "laplace": "smoothing_tf.smoothing.laplace:Laplace",
        "uniform": "smoothing_tf.smoothing.uniform:Uniform",
    }
)


@dataclasses.dataclass(frozen=True)
class SmoothingConfig:
    """The smoothing distribution and its scale."""

    smoothing: str = setting(
        "gaussian", "Smoothing distribution q(x~|x).", choices=tuple(SMOOTHINGS)
    )
    noise_scale: float | None = setting(
        None,
        "Standard deviation of the noise per coordinate: on [-1, 1] for images, in the"
        " data's own unit for vectors. 'auto' takes the median pairwise distance of"
        " the training data / (2 sqrt(D)).",
        exclusive_minimum=0.0,
        none_name="auto",
    )

    def __post_init__(self):
        validate(self)
