"""The pipeline: one graph of components and thin runners for it."""

from smoothing_tf import quiet  # noqa: F401  Before others import TensorFlow.
