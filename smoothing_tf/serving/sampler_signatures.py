"""The signatures that draw samples, of whatever model."""

import abc

import tensorflow as tf

from smoothing_tf.serving.labels import ServedLabels
from smoothing_tf.serving.request_checks import RequestChecks
from smoothing_tf.serving.signature import Signatures, input_of


class SamplerSignatures(abc.ABC):
    """Makes `sample` and `sample_rows`, which differ in how seeds are given.

    Args:
      labels: labels of the model.
      limit: largest number of rows of a request.
    """

    def __init__(self, labels: ServedLabels, limit: int):
        self._labels, self._limit = labels, limit

    def samplers(self) -> Signatures:
        """Returns name -> signature."""
        return {"sample": self._sample(), "sample_rows": self._sample_rows()}

    @abc.abstractmethod
    def _draw(self, checks, num_samples, seed, label):
        """Draws samples; the label has not been checked yet."""

    def _sample(self):
        specs = [input_of("num_samples"), input_of("seed"), *self._labels.spec]

        @tf.function(input_signature=specs, autograph=False)
        def sample(num_samples, seed, label=None):
            checks = RequestChecks(self._limit)
            num_samples = checks.check_num_samples(num_samples)
            seed = checks.check_seed(seed, num_samples)
            return self._draw(checks, num_samples, seed, label)

        return sample

    def _sample_rows(self):
        specs = [input_of("seed"), *self._labels.spec]

        @tf.function(input_signature=specs, autograph=False)
        def sample_rows(seed, label=None):
            checks = RequestChecks(self._limit)
            seed = checks.check_rows("seed", seed, [2])
            return self._draw(checks, tf.shape(seed)[0], seed, label)

        return sample_rows
