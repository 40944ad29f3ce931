"""Features of a fixed random convolutional network, which reflect pixel noise."""

import hashlib

import numpy as np
import tensorflow as tf

from smoothing_tf.evaluation.extractors.extractor import Extractor
from smoothing_tf.evaluation.extractors.images import (
    ExtractorInputs,
    as_color,
    map_batches,
)

_SEED = 20210329
_BATCH_SIZE = 256
_KERNEL_SIZE = 3
_NUM_FILTERS = (32, 32)
_COLOR = 3


class RandConv(Extractor):
    """Moments of two random 3x3 convolutions: 128 features.

    Weights come from the raw bits of numpy's PCG64, which are the same in all versions;
    they do not depend on the data set or the image size. The first layer's kernels have
    mean 0, so that changes of texture outweigh changes of brightness. The features are
    the mean and the standard deviation over the image of each filter of both layers.

    Args:
      num_channels: number of channels of the images. Grey and color images share a
        network; images with any other number of channels have their own.
    """

    id = "randconv"

    def __init__(self, num_channels: int = _COLOR):
        self._is_color = num_channels in (1, _COLOR)
        self._num_channels = (1, _COLOR) if self._is_color else (num_channels,)
        channels = "grey repeated to 3 channels"
        if not self._is_color:
            channels = f"{num_channels} channels"
        self.preprocessing = f"uint8 / 127.5 - 1; {channels}; not resized"
        inputs = self._num_channels[-1]
        bits = np.random.PCG64(_SEED)
        self._kernels: list[tf.Tensor] = []
        self._biases: list[tf.Tensor] = []
        digest = hashlib.sha256()
        for filters in _NUM_FILTERS:
            kernel = _uniform(bits, (_KERNEL_SIZE, _KERNEL_SIZE, inputs, filters))
            if not self._kernels:
                kernel -= kernel.mean(axis=(0, 1, 2))
            # Variance 2 / fan-in keeps the scale through ReLU layers.
            kernel *= np.sqrt(6.0 / (_KERNEL_SIZE**2 * inputs))
            bias = _uniform(bits, (filters,)) * 0.5
            for weights, stored in ((kernel, self._kernels), (bias, self._biases)):
                weights = weights.astype("<f4")
                digest.update(weights.tobytes())
                stored.append(tf.constant(weights))
            inputs = filters
        self.sha256 = digest.hexdigest()
        self._apply = tf.function(self._network, autograph=False)

    @classmethod
    def build(cls, inputs: ExtractorInputs) -> "RandConv":
        """Makes the extractor from the number of channels alone."""
        return cls(inputs.training_images.shape[-1])

    def features_and_logits(self, images_uint8: np.ndarray) -> tuple[np.ndarray, None]:
        """Returns (features float32 [n, 128] of images of any size, None)."""
        if images_uint8.shape[-1] not in self._num_channels:
            raise ValueError(
                "`images_uint8` must have shape [n, h, w, c] with c of"
                f" {' or '.join(map(str, self._num_channels))}; got"
                f" {images_uint8.shape}."
            )
        return map_batches(self._apply, images_uint8, _BATCH_SIZE)[0], None

    def _network(self, images: tf.Tensor) -> tuple[tf.Tensor]:
        if self._is_color:
            images = as_color(images)
        x = tf.cast(images, tf.float32) / 127.5 - 1.0
        moments = []
        for kernel, bias in zip(self._kernels, self._biases):
            x = tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME") + bias)
            moments.append(tf.reduce_mean(x, axis=(1, 2)))
            moments.append(tf.math.reduce_std(x, axis=(1, 2)))
        return (tf.concat(moments, axis=-1),)


def _uniform(bits: np.random.PCG64, shape: tuple[int, ...]) -> np.ndarray:
    raw = bits.random_raw(int(np.prod(shape)))
    return ((raw >> np.uint64(11)) * 2.0**-52 - 1.0).reshape(shape)
