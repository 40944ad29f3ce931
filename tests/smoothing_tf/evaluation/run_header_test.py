"""The header says what was trained, on what, when, and how large it is."""

import dataclasses
import datetime

from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.run_header import count_weights, describe_run
from smoothing_tf.stage import Stage
from tests.testing.tiny_data import tiny_dataset
from tests.testing.tiny_evaluation import SHAPE, tiny_evaluated
from tests.testing.tiny_models import tiny_trained

NOW = datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.UTC)


def test_images_of_all_stages():
    trained = tiny_trained(SHAPE, tuple(Stage), num_levels=4)
    trained = dataclasses.replace(trained, steps={"smoothed": 5000})
    config = EvaluationConfig(max_examples=10)
    header = describe_run(trained, tiny_evaluated(), config, now=NOW)
    assert header["Data"] == (
        "tiny: 4 × 4 × 1, 4 levels; 60 training examples, evaluated on 10 of the test"
        " split"
    )
    assert header["Stage smoothed"] == (
        "TinyModel, 33 parameters, trained for 5,000 steps"
    )
    assert header["Stage baseline"] == "TinyModel, 33 parameters"
    scale = f"{trained.smoothing.noise_scale:.4g}"
    assert header["Noise"] == (
        f"Gaussian, standard deviation {scale} on the scale [−1, 1]"
    )
    assert header["Evaluated"] == "2026-01-02 03:04 UTC"
    assert count_weights(trained) == {"smoothed": 33, "reverse": 33, "baseline": 33}


def test_a_baseline_of_vectors_has_no_noise():
    trained = tiny_trained((2,), ("baseline",))
    header = describe_run(trained, tiny_dataset((2,), None), EvaluationConfig())
    assert "Noise" not in header
    assert "2 columns, continuous values" in header["Data"]
