"""Autoregressive models of images, whose pixels follow each other in raster order."""

import abc
from typing import Any

import tensorflow as tf

from smoothing_tf.layers import Full, Initializing, View
from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.raster_sampler import RasterSampler

# Tensors over whole images, in any nesting.
Features = Any
# What is known of a row before its first pixel is drawn, in any nesting.
Terms = Any


class CausalImageModel(AutoregressiveModel):
    """A network in two parts, which the sampler calls as rarely as it can.

    `above` computes all that depends on the rows above a pixel and on the context
    alone, `params` the rest. A pass over whole images runs both under one view; the
    sampler runs `above` once a row and `params` once a pixel.

    Subclasses set `num_resolutions` and declare their layers with a level.
    """

    num_resolutions = 1

    @abc.abstractmethod
    def inputs(self, x: tf.Tensor) -> tf.Tensor:
        """What the layers that read the image read: [b, ..., c] -> [b, ..., c']."""

    @abc.abstractmethod
    def features(self, context: tf.Tensor, view: View) -> Features:
        """All that depends on the context alone, x~ [b, h, w, c]."""

    @abc.abstractmethod
    def above(
        self, x: tf.Tensor | None, features: Features | None, view: View
    ) -> Terms:
        """The vertical stream, which sees the rows above.

        Args:
          x: `inputs` of whole images; None for a row, whose layers remember it.
          features: of the context, over whole images; None without one.
          view: what to compute.
        """

    @abc.abstractmethod
    def params(self, x: tf.Tensor, above: Terms, view: View) -> tf.Tensor:
        """The horizontal stream: parameters [b, h, w, ..., num_params].

        Args:
          x: `inputs` of whole images, or of a pixel as far as it is drawn.
          above: from `above`.
          view: what to compute.
        """

    def view(self, dropout_seed: tf.Tensor | None) -> Full:
        """How a pass over whole images computes."""
        del dropout_seed  # A model without dropout.
        return Full()

    def call(self, x, context=None, dropout_seed=None):
        return self._pass(x, context, self.view(dropout_seed))

    def initialize_from(self, x, context=None):
        self.check_arguments(x, context)
        self._pass(x, context, Initializing())

    def _pass(self, x, context, view):
        features = None if context is None else self.features(context, view)
        x = self.inputs(x)
        return self.params(x, self.above(x, features, view), view)

    def walk(self, batch_size, context, visit, state, dtype=tf.float32, resample=None):
        features = None
        if context is not None:
            features = self.features(context, Full())
        sampler = RasterSampler(self, batch_size, features)
        return sampler.walk(visit, state, dtype, resample)
