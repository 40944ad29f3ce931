"""The contract of all density models: MADE, RealNVP and the PixelCNNs."""

import abc
import numbers

import keras
import numpy as np
import tensorflow as tf

from smoothing_tf.models.condition import Condition
from smoothing_tf.seeds import derive_seed


class DensityModel(keras.Model, abc.ABC):
    """A normalized density p(x) or p(x | condition) with exact sampling.

    In the smoothed stage it is p(x~); in the reverse stage p(x | x~), conditional on
    x~; in the baseline stage p(x) on clean data. In each stage it may also be
    conditional on the class y of an example. Training, the bound, evaluation and
    serving use only the interface of this class.

    All variables exist after construction; `initialize` draws their values.

    Of the interface of a Keras model, `weights`, `get_weights`, `set_weights`,
    `save_weights`, `load_weights`, `count_params`, `trainable` and `summary` work.
    `predict` works for autoregressive models without a condition, and returns
    parameters of the conditionals instead of densities. `fit` does not: it has no loss
    to minimize, so train with a loop over `log_prob`. Neither do `.keras` files,
    `get_config` and `clone_model`, because constructors take their configuration as a
    dataclass; save with `tf.train.Checkpoint` or `save_weights`.

    Args:
      event_shape: shape of one x, e.g. (2,) or (32, 32, 3).
      takes_x_smoothed: whether the density is conditional on x~.
      num_classes: number of classes of a class-conditional density; None for a
        density that takes no labels.
      **kwargs: `name` and `dtype` of `keras.Model`.
    """

    # Whether the model has the additional methods of `AutoregressiveModel`, such as
    # `walk`.
    is_autoregressive = False

    def __init__(
        self,
        event_shape: tuple[int, ...],
        takes_x_smoothed: bool = False,
        num_classes: int | None = None,
        **kwargs,
    ):
        if num_classes is not None and num_classes < 1:
            raise ValueError(f"`num_classes` must be at least 1; got {num_classes}.")
        super().__init__(**kwargs)
        self.event_shape = tuple(event_shape)
        self.takes_x_smoothed = bool(takes_x_smoothed)
        self.num_classes = num_classes

    @abc.abstractmethod
    def log_prob(
        self,
        x: tf.Tensor,
        condition: Condition | None = None,
        *,
        dropout_seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Computes the log density of each example, or log mass with a discrete head.

        Args:
          x: floating tensor [batch, ...event_shape], images on [-1, 1]. The
            likelihood is computed in the dtype of `x`, which is float32 in training
            and float64 in reports; the network computes in its own dtype.
          condition: x~ of the shape of `x` and labels [batch], as far as the model
            takes them; None for an unconditional model.
          dropout_seed: int32 [2]; None turns dropout off.

        Returns:
          Tensor [batch] in nats, summed over the event.

        Raises:
          ValueError: shapes do not fit, a part of the condition is missing or
            unexpected, or a label is out of range.
          TypeError: `condition` is no `Condition`.
        """

    @abc.abstractmethod
    def sample(
        self,
        num_samples: int | tf.Tensor,
        condition: Condition | None = None,
        *,
        seed: int | tf.Tensor,
    ) -> tf.Tensor:
        """Draws exact samples.

        Args:
          num_samples: scalar integer, at least 1.
          condition: x~ [batch, ...event_shape] and labels [batch], as far as the model
            takes them, or None.
          seed: integer, int32 [2], or one seed per sample, int32 [num_samples, 2] or
            [num_samples * batch, 2]. Up to rounding, a sample depends only on its own
            seed, or on a common seed and its index, and not on the number of samples.

        Returns:
          float32 [num_samples, ...event_shape], or with a condition
          [num_samples, batch, ...event_shape]; images on [-1, 1].
        """

    def redraw(
        self,
        x: tf.Tensor,
        condition: Condition | None = None,
        *,
        seed: int | tf.Tensor,
    ) -> tf.Tensor:
        """Draws once more what `sample` has drawn, which checks a sampler.

        An autoregressive model draws every position given the earlier positions of `x`,
        in one pass over whole examples. The result is `x` up to rounding if and only if
        `x` is the sample of this seed.

        Args:
          x: samples, float32 [batch, ...event_shape].
          condition: condition of each sample, as for `log_prob`.
          seed: seed of the samples, or their own seeds, int32 [batch, 2].

        Returns:
          float32 [batch, ...event_shape].
        """
        if condition is None or condition.is_empty:
            return self.sample(tf.shape(x)[0], seed=seed)
        return self.sample(1, condition, seed=seed)[0]

    def initialize(self, seed: int | tf.Tensor) -> None:
        """Draws initial weights from `seed`; each layer has its own stream."""
        layers = [
            layer
            for layer in self._flatten_layers(include_self=False)
            if hasattr(layer, "initialize")
        ]
        for index, layer in enumerate(layers):
            layer.initialize(derive_seed(seed, "initialization", index))

    def initialize_from(self, x: tf.Tensor, condition: Condition | None = None) -> None:
        """Adjusts initial weights to a first batch; most models have nothing to adjust.

        Args:
          x: float [batch, ...event_shape].
          condition: condition as for `log_prob`.
        """

    def one_hot(self, condition: Condition | None) -> tf.Tensor | None:
        """Encodes labels [b] as one-hot rows [b, num_classes] in the compute dtype.

        Returns:
          The rows; None for a model without classes.

        Raises:
          ValueError: labels are missing or unexpected.
        """
        label = None if condition is None else condition.label
        self._check_has_label(label)
        if label is None:
            return None
        return tf.one_hot(label, self.num_classes, dtype=self.compute_dtype)

    def check_num_samples(self, num_samples: int | tf.Tensor) -> None:
        """Checks the number of samples, unless it is a tensor.

        Raises:
          ValueError: the number is below 1.
        """
        if isinstance(num_samples, numbers.Integral) and num_samples < 1:
            raise ValueError(f"`num_samples` must be at least 1; got {num_samples}.")

    def check_arguments(
        self, x: tf.Tensor | None, condition: Condition | None
    ) -> Condition:
        """Checks shapes, dtypes, labels and the presence of a condition.

        Returns:
          The condition, empty for None, with labels as an int32 tensor.

        Raises:
          ValueError: a shape is not [batch, ...event_shape], a dtype is not
            floating, a label is no class, or a part of the condition is missing,
            unexpected or of another batch size. If labels are symbolic, the graph
            raises an InvalidArgumentError for one that is out of range.
          TypeError: `condition` is no `Condition`.
        """
        if condition is None:
            condition = Condition()
        if not isinstance(condition, Condition):
            raise TypeError(
                "`condition` must be a Condition(x_smoothed, label) or None; got"
                f" {type(condition).__name__}."
            )
        self._check_parts(condition)
        arguments = {"x": x, "condition.x_smoothed": condition.x_smoothed}
        for name, value in arguments.items():
            if value is not None:
                self._check_event(name, value)
        label = condition.label
        if label is not None:
            assert self.num_classes is not None
            label = check_label(label, self.num_classes)
        arguments["condition.label"] = label
        sizes = {
            name: tf.TensorShape(value.shape)[0]
            for name, value in arguments.items()
            if value is not None
        }
        sizes = {name: size for name, size in sizes.items() if size is not None}
        for name, size in sizes.items():
            first = next(iter(sizes))
            if size != sizes[first]:
                raise ValueError(
                    f"`{name}` must have the batch size of `{first}`, {sizes[first]};"
                    f" got {size}."
                )
        return condition._replace(label=label)

    def _check_parts(self, condition: Condition) -> None:
        """Checks that the parts that the model takes are given, and no others."""
        x_smoothed, label = condition
        if self.takes_x_smoothed != (x_smoothed is not None):
            kind = "conditional" if self.takes_x_smoothed else "not conditional"
            raise ValueError(
                "`condition.x_smoothed` must be"
                f" {'given' if self.takes_x_smoothed else 'None'} for a model that is"
                f" {kind} on x~; got"
                f" {'None' if x_smoothed is None else x_smoothed.shape}."
            )
        self._check_has_label(label)

    def _check_has_label(self, label: tf.Tensor | None) -> None:
        has_classes = self.num_classes is not None
        if has_classes != (label is not None):
            kind = (
                f"of {self.num_classes} classes" if has_classes else "without classes"
            )
            raise ValueError(
                f"`condition.label` must be {'given' if has_classes else 'None'} for a"
                f" model {kind}; got {'None' if label is None else 'labels'}."
            )

    def _check_event(self, name: str, value: tf.Tensor) -> None:
        shape = tf.TensorShape(value.shape)
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


def check_label(label: tf.Tensor, num_classes: int) -> tf.Tensor:
    """Checks labels and converts them to an int32 tensor.

    Args:
      label: integers [batch].
      num_classes: labels are 0, ..., num_classes - 1.

    Raises:
      ValueError: they are no integers, have another rank, or one is out of range. If
        they are symbolic, the graph raises an InvalidArgumentError instead for the
        last.
    """
    label = tf.convert_to_tensor(label)
    if not label.dtype.is_integer or label.shape.rank not in (1, None):
        raise ValueError(
            "`condition.label` must be integers [batch]; got"
            f" {label.dtype.name} {label.shape}."
        )
    rule = f"`condition.label` must be from 0 to {num_classes - 1}"
    if tf.is_symbolic_tensor(label):
        limit = tf.cast(num_classes, label.dtype)
        tf.debugging.assert_non_negative(label, rule)
        tf.debugging.assert_less(label, limit, rule)
    else:
        is_wrong = (label.numpy() < 0) | (label.numpy() >= num_classes)
        if np.any(is_wrong):
            raise ValueError(f"{rule}; got {label.numpy()[is_wrong][0]}.")
    return tf.cast(label, tf.int32)
