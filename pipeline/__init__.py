"""The pipeline: one graph of components and thin runners for it."""

import os

# Before anything imports TensorFlow: its start-up messages say nothing to a user.
# The nodes' processes inherit it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
