"""Models of stages: initial weights of their own, and the trained ones."""

import numpy as np
import tensorflow as tf

from smoothing_tf import stages


def test_loaded_weights_are_the_trained_ones(run_dir, experiment, dataset):
    fresh = stages.make_model(experiment, "smoothed", dataset)
    trained = stages.load_stage(experiment, "smoothed", dataset, run_dir / "smoothed")
    x = tf.zeros([1, 8, 8, 1])
    assert trained.log_prob(x) > fresh.log_prob(x)


def test_stages_begin_with_weights_of_their_own(experiment, dataset):
    smoothed, baseline = (
        stages.make_model(experiment, stage, dataset)
        for stage in ("smoothed", "baseline")
    )
    assert np.any(smoothed.hidden[0].kernel != baseline.hidden[0].kernel)
