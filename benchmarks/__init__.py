"""One script per published comparison; each prints ratios."""

from smoothing_tf import quiet  # noqa: F401  Before others import TensorFlow.
