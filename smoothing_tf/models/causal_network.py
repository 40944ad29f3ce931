"""The two-part network that the incremental sampler can run."""

import abc
from typing import Any

import tensorflow as tf

from smoothing_tf.layers import ClassBias, View
from smoothing_tf.models.heads import Head

# Tensors over whole images, in any nesting.
Features = Any
# Tensors known about a row before its first pixel is drawn, in any nesting.
Terms = Any


class CausalNetwork(abc.ABC):
    """A network over pixels in raster order, in two parts.

    `above` computes all that depends only on the rows above a pixel and on the
    condition; `params` computes the rest. A pass over whole images runs both under one
    view. The sampler runs `above` once per row and `params` once per pixel.

    Attributes:
      event_shape: (height, width, channels) of an image.
      num_channels: number of channels that are modeled together.
      num_resolutions: number of levels of resolution.
      head: likelihood of the channels that are modeled together.
      compute_dtype: dtype of the features.
    """

    event_shape: tuple[int, ...]
    num_channels: int
    num_resolutions: int = 1
    head: Head
    compute_dtype: str

    @abc.abstractmethod
    def inputs(self, x: tf.Tensor) -> tf.Tensor:
        """Makes the input of the layers that read the image.

        Args:
          x: images or pixels [b, ..., c].

        Returns:
          [b, ..., c'].
        """

    @abc.abstractmethod
    def features(self, x_smoothed: tf.Tensor, view: View) -> Features:
        """Computes all that depends only on x~ [b, h, w, c]."""

    @abc.abstractmethod
    def above(
        self, x: tf.Tensor | None, features: Features | None, view: View
    ) -> Terms:
        """Runs the vertical stream, which sees the rows above.

        Args:
          x: `inputs` of whole images; None for a row, since the layers remember what
            they need.
          features: `features` of x~, over whole images; None without x~.
          view: view that evaluates the layers.
        """

    @abc.abstractmethod
    def params(self, x: tf.Tensor, above: Terms, view: View) -> tf.Tensor:
        """Runs the horizontal stream.

        Args:
          x: `inputs` of whole images, or of a pixel of which some channels may still
            be missing.
          above: result of `above`.
          view: view that evaluates the layers.

        Returns:
          Parameters [b, h, w, ..., num_params].
        """

    @abc.abstractmethod
    def causal_layers(self) -> list[Any]:
        """Returns the layers that run while an image is drawn.

        They are convolutions with a weight; those that read x~ are not among them.
        """

    @abc.abstractmethod
    def class_biases(self) -> list[ClassBias]:
        """Returns the biases of classes; none without classes."""
