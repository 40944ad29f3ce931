"""Autoregressive models of images, pixel by pixel in raster order."""

import tensorflow as tf

from smoothing_tf.layers import ClassBias, FullView, InitializingView
from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.causal_network import CausalNetwork
from smoothing_tf.models.raster_sampler import RasterSampler


class CausalImageModel(AutoregressiveModel, CausalNetwork):
    """An autoregressive model whose network the incremental sampler can run.

    Subclasses set `num_resolutions` and give each of their layers a level.
    """

    def make_view(
        self, dropout_seed: tf.Tensor | None, classes: tf.Tensor | None = None
    ) -> FullView:
        """Makes the view of a pass over whole images, of one-hot classes [b, K]."""
        del dropout_seed  # A model without dropout.
        return FullView(classes=classes)

    def call(self, x, condition=None, dropout_seed=None):
        view = self.make_view(dropout_seed, self.one_hot(condition))
        return self._evaluate(x, condition, view)

    def initialize_from(self, x, condition=None):
        condition = self.check_arguments(x, condition)
        self._evaluate(x, condition, InitializingView(self.one_hot(condition)))

    def _evaluate(self, x, condition, view):
        features = self._features(condition, view)
        x = self.inputs(x)
        return self.params(x, self.above(x, features, view), view)

    def causal_layers(self):
        return [
            layer
            for layer in self._flatten_layers(include_self=False)
            if hasattr(layer, "weight") and getattr(layer, "reach", None) != "all"
        ]

    def class_biases(self):
        return [
            layer
            for layer in self._flatten_layers(include_self=False)
            if isinstance(layer, ClassBias)
        ]

    def _features(self, condition, view):
        """Computes the features of x~; None without x~."""
        if condition is None or condition.x_smoothed is None:
            return None
        return self.features(condition.x_smoothed, view)

    def walk(
        self, batch_size, condition, visit, state, dtype=tf.float32, resample=None
    ):
        classes = self.one_hot(condition)
        features = self._features(condition, FullView(classes=classes))
        sampler = RasterSampler(self, batch_size, features, classes)
        return sampler.walk(visit, state, dtype, resample)
