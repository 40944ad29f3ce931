"""Runs the bodies of `tf.function` as Python, for what would be traced and run once."""

import contextlib
import warnings
from collections.abc import Iterator

import tensorflow as tf


@contextlib.contextmanager
def eagerly() -> Iterator[None]:
    """Traces nothing while it is open.

    Tracing a sampler of PixelCNN++ takes seconds, and running its Python code for some
    dozen pixels a fraction of one. What is mapped over many examples is better traced.
    """
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        with warnings.catch_warnings():
            # It says that the functions of input pipelines are traced nevertheless.
            warnings.filterwarnings("ignore", "Even though the `tf.config")
            yield
    finally:
        tf.config.run_functions_eagerly(before)
