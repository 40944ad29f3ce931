"""Requests with which a server warms up, so that the first client need not wait.

TensorFlow Serving runs the requests of assets.extra/tf_serving_warmup_requests before a
version takes over. The file is a TFRecord of `tensorflow.serving.PredictionLog`; its
protocol buffers are those of the package tensorflow-serving-api, of which these few
fields are written here:

  PredictionLog   6 predict_log (PredictLog)
  PredictLog      1 request (PredictRequest)
  PredictRequest  1 model_spec (ModelSpec), 2 inputs (map: 1 key, 2 value)
  ModelSpec       3 signature_name
"""

import pathlib
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from smoothing_tf import artifacts
from smoothing_tf.serving.examples import forms_of
from smoothing_tf.serving.served import Served

Request = Mapping[str, tf.Tensor]


def warmup_requests(
    served: Served, inputs: Mapping[str, list[str]]
) -> dict[str, Request]:
    """Makes a valid request of one row for each signature.

    Every input has a batch axis, so that a server that joins requests accepts them.

    Args:
      served: what the SavedModel contains.
      inputs: signature -> the names of its inputs.

    Returns:
      Signature -> name of an input -> its tensor.
    """
    # A label 0 exists in every model that takes labels.
    values = _values(served) | {"label": tf.constant([0])}
    return {
        signature: {name: values[name] for name in names}
        for signature, names in inputs.items()
    }


def write_warmup(path: artifacts.Path, requests: Mapping[str, Request]) -> None:
    """Writes the file of requests, signature -> inputs."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs in requests.items():
            writer.write(prediction_log(signature, inputs))


def prediction_log(signature: str, inputs: Request) -> bytes:
    """Serializes a `PredictionLog` with a `PredictRequest`."""
    request = _field(1, _field(3, signature.encode()))
    for name, value in sorted(inputs.items()):
        tensor = tf.make_tensor_proto(value).SerializeToString()
        request += _field(2, _field(1, name.encode()) + _field(2, tensor))
    return _field(6, _field(1, request))


def _values(served: Served) -> dict[str, tf.Tensor]:
    """Makes a row of every input."""
    unit, shape = served.unit, [1, *served.event_shape]
    zeros = tf.zeros(shape)
    mask = np.zeros([1, *served.mask_shape], np.uint8)
    mask.flat[0] = 1
    values = {
        "num_samples": tf.constant([1]),
        "seed": tf.constant([[0, 1]]),
        "num_draws": tf.constant([1]),
        "num_particles": tf.constant([1]),
        "x_smoothed": tf.cast(unit.floats(zeros), unit.dtype),
        "mask": tf.constant(mask),
    }
    for form in forms_of(unit):
        if unit.num_levels is None:
            values[form.name] = tf.cast(unit.floats(zeros), form.dtype)
        else:
            values[form.name] = tf.zeros(shape, form.dtype)
    return values


def _field(number: int, payload: bytes) -> bytes:
    """Encodes a field of a protocol buffer that has a length: text or a message."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])
