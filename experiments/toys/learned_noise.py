"""Both stages at once, with the noise scale learned by the bound."""

import math

import keras
import tensorflow as tf

from smoothing_tf.models import DensityModel, TwoStageModel
from smoothing_tf.smoothing import Gaussian


class LearnedNoise(keras.Model):
    """The bound as a function of both stages and of the scale of Gaussian noise.

    x~ = x + s e with e ~ N(0, I), so that the gradient reaches log s. The expectation
    of -log q(x~ | x) is D log s and a constant: it keeps s from falling to 0.

    Args:
      smoothed: p(x~).
      reverse: p(x | x~).
      noise_scale: s at the start.
    """

    def __init__(
        self, smoothed: DensityModel, reverse: DensityModel, noise_scale: float
    ):
        super().__init__()
        self.smoothed = smoothed
        self.reverse = reverse
        self.log_noise_scale = self.add_weight(
            name="log_noise_scale",
            shape=(),
            initializer=keras.initializers.Constant(math.log(noise_scale)),
        )
        self.built = True

    def log_prob(
        self,
        x: tf.Tensor,
        unit_noise: tf.Tensor,
        *,
        dropout_seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """The bound on log p(x) from one draw.

        Args:
          x: float [batch, D].
          unit_noise: draws of N(0, I), of the same shape.
          dropout_seed: see `DensityModel.log_prob`.

        Returns:
          [batch], nats.
        """
        log_scale = tf.convert_to_tensor(self.log_noise_scale)
        x_smoothed = x + tf.exp(log_scale) * unit_noise
        num_dims = x.shape[-1]
        log_noise = -num_dims * (log_scale + 0.5 * math.log(2.0 * math.pi))
        log_noise -= 0.5 * tf.reduce_sum(unit_noise**2, axis=-1)
        return (
            self.smoothed.log_prob(x_smoothed, dropout_seed=dropout_seed)
            + self.reverse.log_prob(x, x_smoothed, dropout_seed=dropout_seed)
            - log_noise
        )

    def two_stage(self) -> TwoStageModel:
        """The two-stage model at the scale learned so far."""
        scale = math.exp(float(self.log_noise_scale.numpy()))
        return TwoStageModel(Gaussian(scale), self.smoothed, self.reverse)
