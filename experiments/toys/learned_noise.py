"""Joint training of both stages and of the noise scale, by the bound."""

import math

import keras
import tensorflow as tf

from smoothing_tf.models import Condition, DensityModel, TwoStageModel
from smoothing_tf.smoothing import Gaussian


class LearnedNoise(keras.Model):
    """The bound as a function of both stages and of the scale of Gaussian noise.

    x~ = x + s e with e ~ N(0, I), so that the gradient reaches log s. The expectation
    of -log q(x~ | x) is D log s plus a constant, which keeps s from falling to 0.

    Args:
      smoothed: p(x~).
      reverse: p(x | x~).
      noise_scale: initial value of s.
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
        """Estimates the bound on log p(x) from one draw of the noise.

        Args:
          x: clean examples, float [batch, D].
          unit_noise: draws of N(0, I), float [batch, D].
          dropout_seed: seed of dropout; see `DensityModel.log_prob`.

        Returns:
          The bound, [batch], nats.
        """
        log_scale = tf.convert_to_tensor(self.log_noise_scale)
        x_smoothed = x + tf.exp(log_scale) * unit_noise
        num_dims = x.shape[-1]
        log_noise = -num_dims * (log_scale + 0.5 * math.log(2.0 * math.pi))
        log_noise -= 0.5 * tf.reduce_sum(unit_noise**2, axis=-1)
        return (
            self.smoothed.log_prob(x_smoothed, dropout_seed=dropout_seed)
            + self.reverse.log_prob(x, Condition(x_smoothed), dropout_seed=dropout_seed)
            - log_noise
        )

    def two_stage(self) -> TwoStageModel:
        """Makes the two-stage model at the current scale."""
        scale = math.exp(float(self.log_noise_scale.numpy()))
        return TwoStageModel(Gaussian(scale), self.smoothed, self.reverse)
