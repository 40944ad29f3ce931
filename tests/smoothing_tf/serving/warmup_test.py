"""The encoding of the warm-up file is that of protobuf."""

import numpy as np
import tensorflow as tf

from smoothing_tf.serving.warmup import prediction_log
from tests.testing.prediction_log import read_prediction_log


def test_a_request_is_read_as_it_was_written():
    # Long enough for lengths of three bytes.
    inputs = {
        "x": tf.reshape(tf.range(6000, dtype=tf.float32), [1, 6000]),
        "seed": tf.constant([[-1, 2]]),
        "mask": tf.zeros([1, 0], tf.uint8),
    }
    name, read = read_prediction_log(prediction_log("bound_iw", inputs))
    assert name == "bound_iw" and read.keys() == inputs.keys()
    for key, value in inputs.items():
        array = tf.make_ndarray(read[key])
        assert array.dtype == value.dtype.as_numpy_dtype
        np.testing.assert_array_equal(array, value)
