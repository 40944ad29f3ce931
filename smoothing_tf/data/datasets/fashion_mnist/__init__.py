"""Fashion-MNIST: 28x28 grey pictures of clothes."""

from smoothing_tf.data.datasets.fashion_mnist.fashion_mnist import (
    fashion_mnist_source,
)

__all__ = ["fashion_mnist_source"]
