"""Runs the bodies of `tf.function` as Python, for what would be traced and run once."""

import contextlib
import warnings
from collections.abc import Iterator
from unittest import mock

import tensorflow as tf

from smoothing_tf.serving import saved_model


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


@contextlib.contextmanager
def verified_eagerly() -> Iterator[None]:
    """Compares exports with models that are not traced for it.

    An export traces the model for its signatures, and its verification again.
    """
    verify = saved_model.verify_saved_model

    def verify_eagerly(*args, **kwargs):
        with eagerly():
            verify(*args, **kwargs)

    with mock.patch.object(saved_model, "verify_saved_model", verify_eagerly):
        yield
