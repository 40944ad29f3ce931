"""8x8 handwritten digits of 17 grey levels."""

from smoothing_tf.data.datasets.digits.digits import Digits

__all__ = ["Digits"]
