"""Biases of the classes of a class-conditional network."""

import keras
import tensorflow as tf


class ClassBias(keras.layers.Layer):
    """V^T h: a bias for each class, where h is the one-hot code of a class.

    It is the same at every pixel, so it tells a network the class of an image and
    leaves alone which pixels it sees.

    Args:
      num_classes: number of classes K.
      filters: number of channels.
      **kwargs: `name` and `dtype` of the layer.

    Reference: van den Oord et al., "Conditional Image Generation with PixelCNN
    Decoders", NeurIPS 2016, section 2.3.
    """

    def __init__(self, num_classes: int, filters: int, **kwargs):
        super().__init__(**kwargs)
        self.table = self.add_weight(
            name="table",
            shape=(num_classes, filters),
            initializer="zeros",
            autocast=False,
        )
        self.built = True

    def initialize(self, seed: tf.Tensor) -> None:
        """Draws from N(0, 0.05^2), as PixelCNN++ does; `seed` is int32 [2]."""
        shape = self.table.shape
        self.table.assign(tf.random.stateless_normal(shape, seed, stddev=0.05))

    def call(self, classes: tf.Tensor) -> tf.Tensor:
        """Maps one-hot classes [b, K] to the biases of each image, [b, filters]."""
        # Unlike the gradient of tf.gather, that of a product is dense.
        dtype = self.compute_dtype
        table = tf.cast(tf.convert_to_tensor(self.table), dtype)
        return tf.matmul(tf.cast(classes, dtype), table)


def make_class_bias(
    num_classes: int | None, filters: int, **kwargs
) -> ClassBias | None:
    """Makes a `ClassBias`, or None for a network without classes."""
    return None if num_classes is None else ClassBias(num_classes, filters, **kwargs)


def over_pixels(bias: tf.Tensor) -> tf.Tensor:
    """Broadcasts a bias per image, [b, c] -> [b, 1, 1, c]; [c] stays as it is."""
    return bias if bias.shape.rank == 1 else bias[:, None, None]
