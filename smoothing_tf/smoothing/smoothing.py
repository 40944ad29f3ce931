"""The contract of a smoothing distribution q(x~ | x)."""

import abc

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


class Smoothing(abc.ABC):
    """q(x~ | x): symmetric noise around x, independent per coordinate.

    A subclass defines the distribution of one coordinate. The noise in the input
    pipeline, log q of the bound and single-step denoising all use `distribution`.

    Args:
      noise_scale: standard deviation per coordinate, above 0, in every subclass.

    Raises:
      ValueError: `noise_scale` is not a finite number above 0.
    """

    def __init__(self, noise_scale: float):
        if not 0.0 < noise_scale < float("inf"):
            raise ValueError(
                f"`noise_scale` must be a finite number above 0; got {noise_scale}."
            )
        self.noise_scale = float(noise_scale)

    @property
    def single_step_gain(self) -> float | None:
        """g in E[x | x~] = x~ + g d/dx~ log q(x~), or None if there is no such g."""
        return None

    @abc.abstractmethod
    def coordinate_distribution(self, x: tf.Tensor) -> tfd.Distribution:
        """q(x~_i | x_i): a scalar distribution with batch shape `x.shape`."""

    def distribution(self, x: tf.Tensor) -> tfd.Distribution:
        """q(x~ | x).

        Args:
          x: floating tensor [batch, ...event]; images on [-1, 1].

        Returns:
          Distribution with batch shape [batch] and the event shape of `x`, in
          the dtype of `x`.
        """
        x = tf.convert_to_tensor(x)
        return tfd.Independent(
            self.coordinate_distribution(x),
            reinterpreted_batch_ndims=x.shape.rank - 1,
        )
