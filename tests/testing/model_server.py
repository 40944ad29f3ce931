"""A stand-in for TensorFlow Serving: a session that runs the signatures of a model."""

import numpy as np
import tensorflow as tf

from smoothing_tf.serving.layout import WARMUP_FILE
from tests.testing.prediction_log import read_prediction_log

_GROUP = tf.saved_model.SERVING


class ModelServer:
    """Loads a SavedModel as TensorFlow Serving does, into a session.

    Unlike the functions of `tf.saved_model.load`, a session optimizes graphs in tests,
    too, unless `optimize` is false; this is most of the time of the first request to a
    signature. Requests and responses are dictionaries of arrays.
    """

    def __init__(self, directory, *, optimize=True):
        self.directory = directory
        options = tf.compat.v1.ConfigProto(
            intra_op_parallelism_threads=1, inter_op_parallelism_threads=1
        )
        options.graph_options.rewrite_options.disable_meta_optimizer = not optimize
        self._session = tf.compat.v1.Session(graph=tf.Graph(), config=options)
        with self._session.graph.as_default():
            model = tf.compat.v1.saved_model.loader.load(
                self._session, [_GROUP], str(directory)
            )
        self.signatures = {
            name: signature
            for name, signature in model.signature_def.items()
            if not name.startswith("__")
        }
        self._compiled = {}

    def close(self):
        self._session.close()

    def predict(self, name, request):
        """Runs a request."""
        signature = self.signatures[name]
        keys = sorted(request)
        assert set(keys) == set(signature.inputs), (name, keys)
        outputs = sorted(signature.outputs)
        if name not in self._compiled:
            self._compiled[name] = self._session.make_callable(
                [signature.outputs[key].name for key in outputs],
                [signature.inputs[key].name for key in keys],
            )
        values = self._compiled[name](*(np.asarray(request[key]) for key in keys))
        return dict(zip(outputs, values))

    def predict_joined(self, name, requests, padding=0):
        """Runs several requests as one batch, by the rules of a BatchingSession.

        Inputs of a request must have the same number of rows, those of several requests
        the same shape of a row. The batch is padded with its last request's first row,
        and an output must have as many rows as the batch.
        """
        sizes = []
        for request in requests:
            assert all(np.ndim(value) for value in request.values()), "a scalar input"
            (size,) = {len(value) for value in request.values()}
            sizes.append(size)
        joined = {
            key: np.concatenate(
                [request[key] for request in requests]
                + [requests[-1][key][:1]] * padding
            )
            for key in requests[0]
        }
        outputs = self.predict(name, joined)
        ends = np.cumsum(sizes)
        for key, value in outputs.items():
            assert len(value) == ends[-1] + padding, (name, key)
        return [
            {key: value[end - size : end] for key, value in outputs.items()}
            for size, end in zip(sizes, ends)
        ]

    def warmup_requests(self):
        """Reads the warm-up file: list of (signature, request)."""
        path = str(self.directory / WARMUP_FILE)
        records = tf.data.TFRecordDataset(path).as_numpy_iterator()
        requests = []
        for record in records:
            name, inputs = read_prediction_log(record)
            arrays = {key: tf.make_ndarray(value) for key, value in inputs.items()}
            requests.append((name, arrays))
        return requests
