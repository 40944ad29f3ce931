"""The proposal of x~ at known values of x, for inpainting with particles."""

import tensorflow as tf

from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.particles import repeat_particles
from smoothing_tf.seeds import per_example
from smoothing_tf.smoothing import Smoothing

# Number of noise scales over which typical data are spread.
_WIDTH = 5.0


class NoiseProposal:
    """Draws x~_i from (1 - e) q(x~_i | x_i) + e p(x~_i | x~_<i) where x_i is known.

    q alone has lighter tails than p(x~), so that weights p / q would be unbounded, and
    the particles would converge slowly. With the mixture no weight exceeds 1 / e. Here
    e = 1 / (2 K) for an image with K known positions: it is 1/2 for a single one, and
    of many positions a particle draws one of two particles' x~_i from p, because each
    draw that does not resemble x_i makes x_i itself unlikely.

    The weights are those of a target that prefers x~ near x,

      t(x~) prod_i p(x~_i | x~_<i)
      t(x~) = prod_{known i} ( e + (1 - e) q(x~_i | x_i) / c )

    in place of p(x~), which does not depend on x, so that resampling keeps particles
    that will suit the known values. c = 1 / (5 noise_scale) is about the density of the
    data. The stage reverse divides by t, so t changes nothing in the limit of many
    particles.

    Args:
      smoothing: q(x~ | x).
      model: p(x~).
      x: floating [n N, ...event_shape], the N particles of an image in a row.
      known: mask, bool [n N, ...event_shape].
      seeds: int32 [n, 2], one seed per image.
      num_particles: number of particles N.
      num_used: number of particles of each image, int32 [n]; None for N each. An
        image with a single one draws from q alone.
    """

    def __init__(
        self,
        smoothing: Smoothing,
        model: AutoregressiveModel,
        x: tf.Tensor,
        known: tf.Tensor,
        seeds: tf.Tensor,
        num_particles: int | tf.Tensor,
        num_used: tf.Tensor | None = None,
    ):
        self._smoothing, self._dtype = smoothing, x.dtype
        is_known = tf.cast(tf.reshape(known, [tf.shape(known)[0], -1]), x.dtype)
        num_known = tf.reduce_sum(is_known, axis=-1) / model.num_channels
        share = 0.5 / tf.maximum(num_known, 1.0)
        if num_used is not None:
            is_alone = repeat_particles(num_used, num_particles) == 1
            share = tf.where(is_alone, tf.zeros_like(share), share)
        self._log_shares = tf.math.log(share), tf.math.log1p(-share)
        shape = [num_particles, *model.position_shape, 1]
        uniform = per_example(
            lambda seed: tf.random.stateless_uniform(shape, seed, dtype=x.dtype),
            "proposal",
            seeds,
            dtype=x.dtype,
        )
        lengths = [-1] + [1] * (uniform.shape.rank - 1)
        # bool [n N, ...position_shape, 1]: whether x~_i is drawn from q.
        self.is_noised = uniform >= tf.reshape(share, lengths)

    def log_gain(
        self, log_prob: tf.Tensor, log_noise: tf.Tensor, log_preference: tf.Tensor
    ) -> tf.Tensor:
        """Computes the log weight of one position: target over proposal.

        Args:
          log_prob: log p(x~_i | x~_<i), [n N].
          log_noise: log q(x~_i | x_i), [n N].
          log_preference: log t at this position, [n N].
        """
        log_proposal = self._mix(log_prob, log_noise)
        return log_prob + log_preference - log_proposal

    def log_noise(self, x: tf.Tensor, x_smoothed: tf.Tensor) -> tf.Tensor:
        """Computes log q(x~_i | x_i) of each coordinate, [n N, ...]."""
        return self._smoothing.coordinate_distribution(x).log_prob(x_smoothed)

    def log_preference(self, log_noise: tf.Tensor) -> tf.Tensor:
        """Computes log t of each coordinate, [n N, ...], from log q."""
        width = tf.constant(_WIDTH * self._smoothing.noise_scale, self._dtype)
        return self._mix(tf.zeros_like(log_noise), log_noise + tf.math.log(width))

    def _mix(self, log_first: tf.Tensor, log_second: tf.Tensor) -> tf.Tensor:
        """Computes log( e exp(first) + (1 - e) exp(second) )."""
        lengths = [-1] + [1] * (log_first.shape.rank - 1)
        parts = [
            tf.reshape(log_share, lengths) + part
            for log_share, part in zip(
                self._log_shares, (log_first, log_second), strict=True
            )
        ]
        return tf.reduce_logsumexp(tf.stack(parts), axis=0)
