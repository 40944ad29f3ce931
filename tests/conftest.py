"""Set-up shared by all tests."""

import gc
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf  # noqa: E402

from tests.testing.grappler import disable_grappler  # noqa: E402


def pytest_configure():
    """Sets TensorFlow up.

    Two logical CPUs exercise MirroredStrategy on every machine. Without Grappler a
    function that runs once or twice takes two thirds of the time; processes that tests
    start as a user would keep it.
    """
    disable_grappler()
    (cpu, *_) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * 2
    )


def pytest_collection_finish():
    """Spares the garbage collector the many objects that live until the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
