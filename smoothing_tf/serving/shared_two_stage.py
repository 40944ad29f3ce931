"""The functions that the signatures of a SavedModel share.

Building, saving and optimizing the graph of a sampler takes longer than drawing a few
samples. Each network therefore stands in one function, which is traced once and which
every signature calls.
"""

import tensorflow as tf

from smoothing_tf.models.inpainting import inpaint_two_stage
from smoothing_tf.models.particles import draw_classes, repeat_particles
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.serving.bound import bound_terms
from smoothing_tf.serving.labels import ServedLabels


class SharedTwoStage:
    """The functions of a two-stage model; a row's result depends on that row alone.

    Args:
      two_stage: the model.
      labels: labels of the model.

    Attributes:
      sample_smoothed: (seeds int32 [n, 2], label) -> x~ float32 [n, ...event_shape].
      sample_reverse: (x~ float32 [n, ...], seeds, label) -> x float32 [n, ...].
      single_step: (x~, label) -> float32 [n, ...]; for Gaussian smoothing only.
      terms: (x float64 [n, ...], seeds, label) -> terms of the bound at one draw of x~,
        float64 [n] each.
      inpaint: (x float32 [n, ...], known bool [n, ...], seeds, num_particles int32 [n],
        label) -> x~, x and, with classes, label.
    """

    def __init__(self, two_stage: TwoStageModel, labels: ServedLabels):
        shape = [None, *two_stage.event_shape]
        seeds_spec = tf.TensorSpec([None, 2], tf.int32, "seeds")
        x_smoothed_spec = tf.TensorSpec(shape, tf.float32, "x_smoothed")
        x_spec = tf.TensorSpec(shape, tf.float64, "x")
        label_spec = labels.inner_spec

        @tf.function(input_signature=[seeds_spec, *label_spec], autograph=False)
        def shared_sample_smoothed(seeds, label=None):
            num_rows = tf.shape(seeds)[0]
            return two_stage.sample_smoothed(num_rows, seed=seeds, label=label)

        @tf.function(
            input_signature=[x_smoothed_spec, seeds_spec, *label_spec], autograph=False
        )
        def shared_sample_reverse(x_smoothed, seeds, label=None):
            return two_stage.denoise(x_smoothed, seed=seeds, label=label)

        @tf.function(input_signature=[x_smoothed_spec, *label_spec], autograph=False)
        def shared_single_step(x_smoothed, label=None):
            return two_stage.single_step_denoise(x_smoothed, label=label)

        @tf.function(input_signature=[x_spec, seeds_spec, *label_spec], autograph=False)
        def shared_terms(x, seeds, label=None):
            return bound_terms(two_stage, x, seeds, label)

        known_spec = tf.TensorSpec(shape, tf.bool, "known")
        counts_spec = tf.TensorSpec([None], tf.int32, "num_particles")

        @tf.function(
            input_signature=[
                tf.TensorSpec(shape, tf.float32, "x"),
                known_spec,
                seeds_spec,
                counts_spec,
                *label_spec,
            ],
            autograph=False,
        )
        def shared_inpaint(x, known, seeds, num_used, label=None):
            num_particles = tf.reduce_max(num_used)
            if label is not None:
                drawn = draw_classes(
                    tf.constant(labels.log_frequencies), seeds, num_particles, num_used
                )
                label = repeat_particles(label, num_particles)
                label = tf.where(label < 0, drawn, label)
            x_smoothed, x, label, _ = inpaint_two_stage(
                two_stage.smoothing,
                two_stage.smoothed,
                two_stage.reverse,
                x,
                known,
                seeds,
                num_particles,
                label,
                num_used,
            )
            outputs = {"x_smoothed": x_smoothed, "x": x}
            return outputs if label is None else outputs | {"label": label}

        self.sample_smoothed = shared_sample_smoothed
        self.sample_reverse = shared_sample_reverse
        self.single_step = shared_single_step
        self.terms = shared_terms
        self.inpaint = shared_inpaint
