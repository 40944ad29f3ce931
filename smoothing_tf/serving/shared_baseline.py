"""The functions that the signatures of a baseline share; see shared_two_stage.py."""

import tensorflow as tf

from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.serving.labels import ServedLabels


class SharedBaseline:
    """The functions of a model of p(x), as in `SharedTwoStage`.

    Args:
      model: the model.
      labels: labels of the model.

    Attributes:
      sample: (seeds int32 [n, 2], label) -> x float32 [n, ...event_shape].
      log_prob: (x float64 [n, ...], label) -> float64 [n].
    """

    def __init__(self, model: DensityModel, labels: ServedLabels):
        seeds_spec = tf.TensorSpec([None, 2], tf.int32, "seeds")
        x_spec = tf.TensorSpec([None, *model.event_shape], tf.float64, "x")

        @tf.function(input_signature=[seeds_spec, *labels.inner_spec], autograph=False)
        def shared_sample(seeds, label=None):
            if label is None:
                return model.sample(tf.shape(seeds)[0], seed=seeds)
            return model.sample(1, Condition(label=label), seed=seeds)[0]

        @tf.function(input_signature=[x_spec, *labels.inner_spec], autograph=False)
        def shared_log_prob(x, label=None):
            return model.log_prob(x, Condition(label=label))

        self.sample = shared_sample
        self.log_prob = shared_log_prob
