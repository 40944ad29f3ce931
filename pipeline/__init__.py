"""The pipeline: one graph of components and thin runners for it."""

import logging
import os

# TensorFlow's start-up messages say nothing to a user; the nodes' processes inherit
# this, and `quiet` takes out those that ignore it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Neither does Beam's remark on client libraries that nothing here uses.
logging.getLogger().addFilter(
    lambda record: "apitools not found" not in record.getMessage()
)

from smoothing_tf import quiet  # noqa: E402, F401  Before others import TensorFlow.
