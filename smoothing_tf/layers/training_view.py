"""The view of whole images in a training step."""

from collections.abc import Hashable

import tensorflow as tf

from smoothing_tf.layers.dropout import dropout
from smoothing_tf.layers.fast_gradients import concat_elu, convolve
from smoothing_tf.layers.full_view import FullView


class TrainingView(FullView):
    """Evaluates layers on whole images with dropout, for gradients of the weights.

    Without dropout the outputs are those of `FullView`, and so are the gradients up
    to rounding, but they take less time.

    Args:
      dropout_seed: int32 [2].
      dropout_rate: share of units that are dropped.
      is_spatial: whether dropout drops whole channels of an image.
      classes: one-hot classes of the images [b, K], or None.
    """

    def __init__(
        self,
        dropout_seed: tf.Tensor,
        dropout_rate: float = 0.0,
        is_spatial: bool = False,
        classes: tf.Tensor | None = None,
    ):
        super().__init__(classes)
        self._dropout_seed = dropout_seed
        self._dropout_rate = dropout_rate
        self._is_spatial = is_spatial
        self._activated: dict[Hashable, tf.Tensor] = {}  # By `x.ref()`.

    def concat_elu(self, x):
        # Up to three layers read the same features. The forward pass would compute
        # them once in any case, but the backward pass once for each.
        if x.ref() not in self._activated:
            self._activated[x.ref()] = concat_elu(x)
        return self._activated[x.ref()]

    def dropout(self, x, index):
        if not self._dropout_rate:
            return x
        noise_shape = None
        if self._is_spatial:
            noise_shape = tf.stack([tf.shape(x)[0], 1, 1, x.shape[-1]])
        seed = tf.random.experimental.stateless_fold_in(self._dropout_seed, index)
        return dropout(x, self._dropout_rate, seed, noise_shape)

    def _convolve(self, x, kernel, stride):
        return convolve(x, kernel, stride)
