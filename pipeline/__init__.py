"""The pipeline: one graph of components and thin runners for it."""

import os

# TensorFlow's start-up messages say nothing to a user; the nodes' processes inherit
# this, and `quiet` takes out those that ignore it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from smoothing_tf import quiet  # noqa: E402, F401  Before others import TensorFlow.
