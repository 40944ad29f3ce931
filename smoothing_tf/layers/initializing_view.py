"""The view that initializes weights from a first batch."""

import tensorflow as tf

from smoothing_tf.layers.full_view import FullView
from smoothing_tf.layers.view import SkipLayer


class InitializingView(FullView):
    """Data-dependent initialization: every layer standardizes its outputs.

    Run it on one batch, through the layers in order, right after the weights have
    been drawn; see `WeightNormKernel.fit_outputs`. The biases of classes come on top
    of standardized outputs and stay as they are.

    Args:
      classes: one-hot classes of the images [b, K], or None.

    Reference: Salimans & Kingma, "Weight Normalization", NeurIPS 2016, section 3.
    """

    def __init__(self, classes: tf.Tensor | None = None):
        super().__init__(classes)
        self._sums: dict[SkipLayer, tf.Tensor] = {}

    def skip(self, layer, x, index):
        kernel, _ = layer.weight.kernel_and_bias()
        rows = tf.gather(kernel, layer.rows_of(index))
        term = tf.tensordot(self.concat_elu(x), rows, 1)
        before = self._sums.pop(layer, tf.zeros_like(term))
        if index < layer.num_inputs - 1:
            self._sums[layer] = before + term
            return term
        # The earlier terms were returned before their scale was known, so the last
        # term also corrects for them.
        factor, bias = layer.weight.fit_outputs(before + term)
        return factor * (before + term) + bias - before

    def _finish(self, layer, y, bias):
        if not hasattr(layer.weight, "fit_outputs"):
            return y + bias
        factor, bias = layer.weight.fit_outputs(y)
        return factor * y + bias
