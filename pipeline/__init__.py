"""The pipeline: one graph of components and thin runners for it."""

import logging
import os

# Before anything imports TensorFlow: its start-up messages say nothing to a user.
# The nodes' processes inherit it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Neither does Beam's remark on client libraries that nothing here uses.
logging.getLogger().addFilter(
    lambda record: "apitools not found" not in record.getMessage()
)
