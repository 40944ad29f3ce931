"""The contract of every density model: MADE, RealNVP, the PixelCNNs."""

import abc
import numbers

import keras
import tensorflow as tf

from smoothing_tf.seeds import derive_seed


class DensityModel(keras.Model, abc.ABC):
    """A normalized density p(x) or p(x | context) with exact sampling.

    As the smoothed stage it is p(x~), without context; as the reverse stage
    p(x | x~) with context x~; as the baseline p(x) on clean data. The training
    loop, the bound, evaluation and serving see no more than this class.

    All variables exist after construction; `initialize` draws them.

    Args:
      event_shape: shape of one x, e.g. (2,) or (32, 32, 3).
      is_conditional: whether the density takes a context of the shape of x.
      **kwargs: `name`, `dtype` of `keras.Model`.
    """

    # Whether it has what `AutoregressiveModel` adds: `walk`, `log_prob_detached`.
    is_autoregressive = False

    def __init__(self, event_shape: tuple[int, ...], is_conditional: bool, **kwargs):
        super().__init__(**kwargs)
        self.event_shape = tuple(event_shape)
        self.is_conditional = is_conditional

    @abc.abstractmethod
    def log_prob(
        self,
        x: tf.Tensor,
        context: tf.Tensor | None = None,
        *,
        dropout_seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Log density (or log mass, for a discrete head) of each example.

        Args:
          x: floating tensor [batch, ...event_shape]; images on [-1, 1]. The
            likelihood is computed in the dtype of `x`, float32 for training and
            float64 for reports; the network keeps its own.
          context: x~ of the same shape, or None for an unconditional model.
          dropout_seed: int32 [2]; dropout is active when it is given.

        Returns:
          Tensor [batch], nats, summed over the event.

        Raises:
          ValueError: shapes do not fit, or a context is missing or superfluous.
        """

    @abc.abstractmethod
    def sample(
        self,
        num_samples: int | tf.Tensor,
        context: tf.Tensor | None = None,
        *,
        seed: int | tf.Tensor,
    ) -> tf.Tensor:
        """Exact samples.

        Args:
          num_samples: scalar integer, at least 1.
          context: x~ [batch, ...event_shape], or None.
          seed: integer, int32 [2], or one for each example that is drawn, int32
            [num_samples, 2] or [num_samples * batch, 2]. Up to rounding an example
            depends on its own seed, or with a common one on its place; not on how
            many are drawn.

        Returns:
          float32 [num_samples, ...event_shape], or with a context
          [num_samples, batch, ...event_shape]; images on [-1, 1].
        """

    def initialize(self, seed: int | tf.Tensor) -> None:
        """Draws initial weights from `seed`, each layer from its own stream."""
        layers = [
            layer
            for layer in self._flatten_layers(include_self=False)
            if hasattr(layer, "initialize")
        ]
        for index, layer in enumerate(layers):
            layer.initialize(derive_seed(seed, "initialization", index))

    def initialize_from(self, x: tf.Tensor, context: tf.Tensor | None = None) -> None:
        """Adjusts weights just drawn to a first batch, where a model does that.

        Args:
          x: float [batch, ...event_shape].
          context: as for `log_prob`.
        """

    def check_num_samples(self, num_samples: int | tf.Tensor) -> None:
        """Checks a number that is known.

        Raises:
          ValueError: it is below 1.
        """
        if isinstance(num_samples, numbers.Integral) and num_samples < 1:
            raise ValueError(f"`num_samples` must be at least 1; got {num_samples}.")

    def check_arguments(self, x: tf.Tensor | None, context: tf.Tensor | None) -> None:
        """Checks shapes, dtypes and the presence of a context.

        Raises:
          ValueError: a shape is not [batch, ...event_shape], a dtype is not
            floating, or a context is missing, superfluous, or of another batch.
        """
        if self.is_conditional != (context is not None):
            raise ValueError(
                f"`context` must be {'given' if self.is_conditional else 'None'} for "
                f"{'a conditional' if self.is_conditional else 'an unconditional'}"
                f" model; got {'None' if context is None else context.shape}."
            )
        given = {"x": x, "context": context}
        given = {name: value for name, value in given.items() if value is not None}
        shapes = {name: tf.TensorShape(value.shape) for name, value in given.items()}
        for name, value in given.items():
            shape = shapes[name]
            if not shape.is_compatible_with([None, *self.event_shape]):
                raise ValueError(
                    f"`{name}` must have shape [batch, "
                    f"{', '.join(map(str, self.event_shape))}]; got {shape}."
                )
            if not tf.as_dtype(value.dtype).is_floating:
                raise ValueError(
                    f"`{name}` must be floating, images on [-1, 1]; got"
                    f" {tf.as_dtype(value.dtype).name}."
                )
        if len(given) == 2 and not shapes["x"].is_compatible_with(shapes["context"]):
            raise ValueError(
                f"`context` must be as many as `x`, {shapes['x'][0]}; got"
                f" {shapes['context'][0]}."
            )
