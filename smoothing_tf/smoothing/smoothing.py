"""The contract of a smoothing distribution q(x~ | x)."""

import abc

import tensorflow as tf
import tensorflow_probability as tfp

from smoothing_tf.smoothing.noise_stream import NoiseStream

tfd = tfp.distributions

# Number of consecutive places that share a seed in `sample_at`. With one seed each,
# drawing the noise would take longer than a training step of a small model.
_BLOCK_SIZE = 32


class Smoothing(abc.ABC):
    """q(x~ | x): symmetric noise around x, independent per coordinate.

    A subclass defines the distribution of one coordinate. The noise in the input
    pipeline, log q of the bound and single-step denoising all use `distribution`. A
    subclass may also define `sample`, which is then faster.

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

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        changes = {"distribution", "coordinate_distribution"} & vars(cls).keys()
        if changes and "sample" not in vars(cls):
            # The `sample` of a parent class would draw from the parent's distribution.
            cls.sample = Smoothing.sample  # type: ignore[method-assign]

    @property
    def single_step_gain(self) -> float | None:
        """g in E[x | x~] = x~ + g d/dx~ log q(x~), or None if there is no such g."""
        return None

    @property
    def lattice_step(self) -> float | None:
        """Width of the noise if it is uniform, so that dither can draw it, or None."""
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

    def sample(self, x: tf.Tensor, stream: NoiseStream) -> tf.Tensor:
        """Draws x~ ~ q(x~ | x) for consecutive places.

        The draw of an example depends on `x`, the stream's seed and the example's place
        alone, so batches may begin and end anywhere. This method draws from
        `distribution` as `sample_at` does; a subclass can do it in one operation.

        Args:
          x: floating tensor [batch, ...event], of static event shape.
          stream: its first row belongs to the first example.

        Returns:
          x~, of the shape and dtype of `x`.
        """
        places = tf.range(tf.shape(x, out_type=tf.int64)[0])
        places += tf.cast(stream.first_row, tf.int64)
        return self.sample_at(x, places, stream.seed)

    def sample_at(self, x: tf.Tensor, places: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Draws x~ ~ q(x~ | x) from `distribution`, for any places.

        Noise is drawn for whole blocks of `_BLOCK_SIZE` consecutive places, from (seed,
        number of the block), so that an example has the same noise in every batch and
        subset. Only blocks that `places` touch are drawn.

        Args:
          x: floating tensor [batch, ...event], of static event shape.
          places: int64 [batch], not negative.
          seed: int32 [2].

        Returns:
          x~, of the shape and dtype of `x`.
        """
        x = tf.convert_to_tensor(x)
        blocks, number = tf.unique(places // _BLOCK_SIZE, out_idx=tf.int64)
        rows = number * _BLOCK_SIZE + places % _BLOCK_SIZE
        # Row of every drawn place in `x`; the first example fills the others.
        members = tf.tensor_scatter_nd_update(
            tf.zeros([tf.size(blocks) * _BLOCK_SIZE], tf.int32),
            rows[:, None],
            tf.range(tf.shape(x)[0]),
        )

        def sample_block(element):
            block, members = element
            block_seed = tf.random.experimental.stateless_fold_in(
                seed, tf.cast(block, tf.int32)
            )
            return self.distribution(tf.gather(x, members)).sample(seed=block_seed)

        drawn = tf.map_fn(
            sample_block,
            (blocks, tf.reshape(members, [-1, _BLOCK_SIZE])),
            fn_output_signature=x.dtype,
        )
        drawn = tf.reshape(drawn, [-1, *x.shape[1:]])
        return tf.ensure_shape(tf.gather(drawn, rows), x.shape)
