"""RealNVP: a chain of affine couplings from the data to a Gaussian."""

import math

import numpy as np
import tensorflow as tf

from smoothing_tf.layers import AffineCoupling
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.realnvp_config import RealNVPConfig
from smoothing_tf.seeds import example_seeds, per_example


class RealNVP(DensityModel):
    """log p(x) = log N(z(x); 0, I) + log |det dz/dx|, for x as a flat vector.

    Couplings alternate between moving the odd dimensions given the even ones and the
    reverse. Vectors are not rescaled, so an affine step per dimension comes first, on
    the side of the data. x~ joins the input of every coupling's network, and a
    class has biases in each of its layers. There is no dropout.

    Args:
      config: hyper-parameters.
      event_shape: shape of one x, with at least two dimensions in total.
      num_levels: None, since a density has no levels.
      takes_x_smoothed: whether the density is conditional on x~.
      num_classes: number of classes; None for a density that takes no labels.
      seed: seed of the initial weights, integer or int32 [2].
      **kwargs: `name` and `dtype` of `keras.Model`.

    Raises:
      ValueError: the data has levels, or only one dimension.

    Reference: Dinh et al., "Density Estimation Using Real NVP", ICLR 2017.
    """

    def __init__(
        self,
        config: RealNVPConfig,
        event_shape: tuple[int, ...],
        num_levels: int | None = None,
        takes_x_smoothed: bool = False,
        num_classes: int | None = None,
        seed: int | tf.Tensor = 0,
        **kwargs,
    ):
        num_dims = math.prod(event_shape)
        if num_levels is not None:
            raise ValueError(
                "RealNVP is a density of continuous data; got data with"
                f" {num_levels} levels. Choose another model for stage reverse or"
                " baseline, e.g. --model=made."
            )
        if num_dims < 2:
            raise ValueError(
                "`event_shape` must have at least two dimensions for RealNVP, whose"
                f" couplings move one part given the other; got {event_shape}."
            )
        super().__init__(event_shape, takes_x_smoothed, num_classes, **kwargs)
        self.config = config
        policy = self.dtype_policy
        # Numbers of even and of odd dimensions.
        sizes = (math.ceil(num_dims / 2), num_dims // 2)
        self.couplings = [
            AffineCoupling(
                sizes[index % 2],
                sizes[1 - index % 2],
                num_dims if takes_x_smoothed else 0,
                config.hidden_units,
                config.log_scale_limit,
                config.activation,
                num_classes,
                dtype=policy,
            )
            for index in range(config.num_couplings)
        ]
        # Joining the halves puts the even dimensions first; this undoes it.
        joined = np.concatenate([np.arange(0, num_dims, 2), np.arange(1, num_dims, 2)])
        self._data_order = np.argsort(joined).astype(np.int32)
        self.shift = self.add_weight(name="shift", shape=(num_dims,))
        self.log_scale = self.add_weight(name="log_scale", shape=(num_dims,))
        self.built = True
        self.initialize(seed)

    def initialize(self, seed: int | tf.Tensor) -> None:
        """Draws the hidden layers; the chain starts as the identity."""
        super().initialize(seed)
        for coupling in self.couplings:
            coupling.reset_output()
        for weight in (self.shift, self.log_scale):
            weight.assign(tf.zeros_like(weight.value))

    def log_prob(self, x, condition=None, *, dropout_seed=None):
        del dropout_seed
        x = tf.convert_to_tensor(x)
        condition = self.check_arguments(x, condition)
        z, log_det = self.to_normal(x, condition)
        log_normal = -0.5 * tf.reduce_sum(z**2, axis=-1)
        return log_normal - 0.5 * z.shape[-1] * math.log(2.0 * math.pi) + log_det

    def sample(self, num_samples, condition=None, *, seed):
        condition = self.check_arguments(None, condition)
        self.check_num_samples(num_samples)
        batch_size = 1 if condition.is_empty else condition.num_rows()
        num_dims = math.prod(self.event_shape)
        z = per_example(
            lambda seed: tf.random.stateless_normal([1, num_dims], seed),
            "base sample",
            example_seeds(seed, num_samples * batch_size),
            dtype=tf.float32,
        )
        x = self.from_normal(z, condition.tile(num_samples))
        if condition.is_empty:
            return x
        return tf.reshape(x, [num_samples, batch_size, *self.event_shape])

    def to_normal(
        self, x: tf.Tensor, condition: Condition | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes (z(x) [batch, D], log |det dz/dx| [batch]), in the dtype of x."""
        given = self._inputs(condition)
        dtype = x.dtype
        log_scale = tf.cast(self.log_scale, dtype)
        x = self._flat(x)
        x = (x - tf.cast(self.shift, dtype)) * tf.exp(-log_scale)
        halves = [x[:, 0::2], x[:, 1::2]]
        log_det = -tf.reduce_sum(log_scale)
        for index, coupling in enumerate(self.couplings):
            moved = 1 - index % 2
            shift, log_scale = self._step(coupling, halves[1 - moved], given)
            halves[moved] = (halves[moved] - shift) * tf.exp(-log_scale)
            log_det -= tf.reduce_sum(log_scale, axis=-1)
        return self._join(halves), log_det

    def from_normal(
        self, z: tf.Tensor, condition: Condition | None = None
    ) -> tf.Tensor:
        """Computes x [batch, ...event_shape] from z [batch, D]; inverts `to_normal`."""
        given = self._inputs(condition)
        halves = [z[:, 0::2], z[:, 1::2]]
        for index in reversed(range(len(self.couplings))):
            moved = 1 - index % 2
            shift, log_scale = self._step(
                self.couplings[index], halves[1 - moved], given
            )
            halves[moved] = halves[moved] * tf.exp(log_scale) + shift
        x = self._join(halves) * tf.exp(tf.cast(self.log_scale, z.dtype))
        x += tf.cast(self.shift, z.dtype)
        return tf.reshape(x, [-1, *self.event_shape])

    def _inputs(self, condition):
        """Computes what the couplings' networks see of a condition, (x~, classes)."""
        classes = self.one_hot(condition)
        if condition is None or condition.x_smoothed is None:
            return None, classes
        return tf.cast(self._flat(condition.x_smoothed), self.compute_dtype), classes

    def _step(self, coupling, fixed, given):
        """Computes shift and log-scale, and casts them to the dtype of `fixed`."""
        dtype = fixed.dtype
        outputs = coupling(tf.cast(fixed, self.compute_dtype), *given)
        return (tf.cast(output, dtype) for output in outputs)

    def _flat(self, x):
        return tf.reshape(x, [-1, math.prod(self.event_shape)])

    def _join(self, halves):
        return tf.gather(tf.concat(halves, axis=-1), self._data_order, axis=-1)
