"""The contract of all density models: MADE, RealNVP and the PixelCNNs."""

import abc
import numbers

import keras
import tensorflow as tf

from smoothing_tf.seeds import derive_seed


class DensityModel(keras.Model, abc.ABC):
    """A normalized density p(x) or p(x | context) with exact sampling.

    In the smoothed stage it is p(x~), without a context; in the reverse stage
    p(x | x~), with context x~; in the baseline stage p(x) on clean data. Training, the
    bound, evaluation and serving use only the interface of this class.

    All variables exist after construction; `initialize` draws their values.

    Of the interface of a Keras model, `weights`, `get_weights`, `set_weights`,
    `count_params`, `trainable` and `summary` work. `predict` works for autoregressive
    models without a context, and returns parameters of the conditionals instead of
    densities. `fit` does not: it has no loss to minimize, so train with a loop over
    `log_prob`. Neither do `.keras` files, `get_config` and `clone_model`, because
    constructors take their configuration as a dataclass; save with
    `tf.train.Checkpoint`. Do not rely on
    `load_weights`: it can exceed Python's recursion limit for a PixelCNN++.

    Args:
      event_shape: shape of one x, e.g. (2,) or (32, 32, 3).
      is_conditional: whether the density takes a context of the shape of x.
      **kwargs: `name` and `dtype` of `keras.Model`.
    """

    # Whether the model has the additional methods of `AutoregressiveModel`, such as
    # `walk`.
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
        """Computes the log density of each example, or log mass with a discrete head.

        Args:
          x: floating tensor [batch, ...event_shape], images on [-1, 1]. The
            likelihood is computed in the dtype of `x`, which is float32 in training
            and float64 in reports; the network computes in its own dtype.
          context: x~ of the shape of `x`, or None for an unconditional model.
          dropout_seed: int32 [2]; None turns dropout off.

        Returns:
          Tensor [batch] in nats, summed over the event.

        Raises:
          ValueError: shapes do not fit, or a context is missing or unexpected.
        """

    @abc.abstractmethod
    def sample(
        self,
        num_samples: int | tf.Tensor,
        context: tf.Tensor | None = None,
        *,
        seed: int | tf.Tensor,
    ) -> tf.Tensor:
        """Draws exact samples.

        Args:
          num_samples: scalar integer, at least 1.
          context: x~ [batch, ...event_shape], or None.
          seed: integer, int32 [2], or one seed per sample, int32 [num_samples, 2] or
            [num_samples * batch, 2]. Up to rounding, a sample depends only on its own
            seed, or on a common seed and its index, and not on the number of samples.

        Returns:
          float32 [num_samples, ...event_shape], or with a context
          [num_samples, batch, ...event_shape]; images on [-1, 1].
        """

    def initialize(self, seed: int | tf.Tensor) -> None:
        """Draws initial weights from `seed`; each layer has its own stream."""
        layers = [
            layer
            for layer in self._flatten_layers(include_self=False)
            if hasattr(layer, "initialize")
        ]
        for index, layer in enumerate(layers):
            layer.initialize(derive_seed(seed, "initialization", index))

    def initialize_from(self, x: tf.Tensor, context: tf.Tensor | None = None) -> None:
        """Adjusts initial weights to a first batch; most models have nothing to adjust.

        Args:
          x: float [batch, ...event_shape].
          context: context as for `log_prob`.
        """

    def check_num_samples(self, num_samples: int | tf.Tensor) -> None:
        """Checks the number of samples, unless it is a tensor.

        Raises:
          ValueError: the number is below 1.
        """
        if isinstance(num_samples, numbers.Integral) and num_samples < 1:
            raise ValueError(f"`num_samples` must be at least 1; got {num_samples}.")

    def check_arguments(self, x: tf.Tensor | None, context: tf.Tensor | None) -> None:
        """Checks shapes, dtypes and the presence of a context.

        Raises:
          ValueError: a shape is not [batch, ...event_shape], a dtype is not
            floating, or a context is missing, unexpected or of another batch size.
        """
        if self.is_conditional != (context is not None):
            raise ValueError(
                f"`context` must be {'given' if self.is_conditional else 'None'} for "
                f"{'a conditional' if self.is_conditional else 'an unconditional'}"
                f" model; got {'None' if context is None else context.shape}."
            )
        arguments = {"x": x, "context": context}
        given = {name: value for name, value in arguments.items() if value is not None}
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
                f"`context` must have the batch size of `x`, {shapes['x'][0]}; got"
                f" {shapes['context'][0]}."
            )
