"""Autoregressive models of images, pixel by pixel in raster order."""

import tensorflow as tf

from smoothing_tf.layers import FullView, InitializingView
from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.causal_network import CausalNetwork
from smoothing_tf.models.raster_sampler import RasterSampler


class CausalImageModel(AutoregressiveModel, CausalNetwork):
    """An autoregressive model whose network the incremental sampler can run.

    Subclasses set `num_resolutions` and give each of their layers a level.
    """

    def make_view(self, dropout_seed: tf.Tensor | None) -> FullView:
        """Makes the view of a pass over whole images."""
        del dropout_seed  # A model without dropout.
        return FullView()

    def call(self, x, condition=None, dropout_seed=None):
        return self._evaluate(x, condition, self.make_view(dropout_seed))

    def initialize_from(self, x, condition=None):
        condition = self.check_arguments(x, condition)
        self._evaluate(x, condition, InitializingView())

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

    def _features(self, condition, view):
        """Computes the features of x~; None without x~."""
        if condition is None or condition.x_smoothed is None:
            return None
        return self.features(condition.x_smoothed, view)

    def walk(
        self, batch_size, condition, visit, state, dtype=tf.float32, resample=None
    ):
        features = self._features(condition, FullView())
        sampler = RasterSampler(self, batch_size, features)
        return sampler.walk(visit, state, dtype, resample)
