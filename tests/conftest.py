"""Set-up shared by all tests."""

import functools
import gc
import inspect
import os
import signal
import typing

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# The tests run in parallel processes, and their matrices are small: a second thread
# would mostly wait. Set before NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Compiling takes longer than running what is compiled.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")


def pytest_configure(config):
    """Sets TensorFlow up.

    Two logical CPUs exercise MirroredStrategy on every machine. Without Grappler a
    function that runs once or twice takes two thirds of the time; processes that tests
    start as a user would keep it.
    """
    if getattr(config.option, "numprocesses", None) and not _is_worker(config):
        return  # The tests run in the worker processes of pytest-xdist.

    # A script that starts pytest in the background makes it ignore Ctrl-C, and with it
    # the processes that tests start and interrupt.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

    import tensorflow as tf

    from tests.testing import quick_stack
    from tests.testing.grappler import disable_grappler

    disable_grappler()
    inspect.stack = quick_stack.stack
    # Every conversion to a tensor checks a protocol, whose attributes Python 3.11
    # lists anew each time; later versions remember them.
    if hasattr(typing, "_get_protocol_attrs"):
        typing._get_protocol_attrs = functools.cache(typing._get_protocol_attrs)
    (cpu, *_) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * 2
    )


def _is_worker(config) -> bool:
    return hasattr(config, "workerinput")


def pytest_collection_finish():
    """Spares the garbage collector the many objects that live until the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture
def eager():
    """Runs the bodies of `tf.function` as Python during the test, see `eagerly`."""
    from tests.testing.eagerly import eagerly

    with eagerly():
        yield
