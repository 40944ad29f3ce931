"""The signatures of a baseline p(x)."""

import tensorflow as tf

from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.serving.bound import in_units
from smoothing_tf.serving.data_unit import DataUnit
from smoothing_tf.serving.examples import Examples, forms_of
from smoothing_tf.serving.labels import ServedLabels
from smoothing_tf.serving.request_checks import RequestChecks
from smoothing_tf.serving.row_seeds import row_seeds
from smoothing_tf.serving.sampler_signatures import SamplerSignatures
from smoothing_tf.serving.shared_baseline import SharedBaseline
from smoothing_tf.serving.signature import Signatures


class BaselineSignatures(SamplerSignatures):
    """Makes the signatures of a baseline.

    Args:
      model: the model.
      unit: unit of the data.
      labels: labels of the model.
      limit: largest number of rows of a request.
    """

    def __init__(
        self, model: DensityModel, unit: DataUnit, labels: ServedLabels, limit: int
    ):
        super().__init__(labels, limit)
        self._event_shape, self._unit = model.event_shape, unit
        self._shared = SharedBaseline(model, labels)

    def likelihoods(self) -> Signatures:
        """Returns name -> signature of the likelihoods."""
        forms = forms_of(self._unit)
        return {f"log_prob{form.suffix}": self._log_prob(form) for form in forms}

    def all(self) -> Signatures:
        """Returns name -> signature, for a baseline by itself."""
        return self.samplers() | self.likelihoods()

    def _draw(self, checks, num_samples, seed, label):
        label = self._labels.check(checks, label, num_samples, may_be_unknown=True)
        seed, label = checks.release(seed, label)
        label = self._labels.complete(label, num_samples, seed)
        own = () if label is None else (label,)
        x = self._shared.sample(row_seeds(seed, num_samples), *own)
        outputs = {"samples": self._unit.samples(x)}
        return outputs if label is None else outputs | {"label": label}

    def _log_prob(self, form: Examples):
        @tf.function(input_signature=[form.spec, *self._labels.spec], autograph=False)
        def log_prob(examples, label=None):
            checks = RequestChecks(self._limit)
            examples = checks.check_rows(form.name, examples, self._event_shape)
            form.check_values(checks, examples)
            label = self._labels.check(checks, label, tf.shape(examples)[0])
            examples, label = checks.release(examples, label)
            own = () if label is None else (label,)
            x = form.to_model(examples, tf.float64)
            log_prob = self._shared.log_prob(x, *own)
            reported = in_units(-log_prob, self._unit, self._event_shape)
            return {"log_prob": log_prob} | reported

        return log_prob
