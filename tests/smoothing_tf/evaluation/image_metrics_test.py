"""All metrics of samples of a data set, and what is said where there are none."""

import numpy as np
import pytest

from smoothing_tf.data.dataset import DataConfig, open_dataset
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.image_metrics import ImageMetrics
from smoothing_tf.evaluation.samples import real_uint8


@pytest.fixture(scope="module")
def dataset():
    return open_dataset(DataConfig(dataset="digits"))


def make(dataset, *extractors):
    return ImageMetrics(dataset, EvaluationConfig(extractors=extractors), seed=0)


def test_every_kind_and_extractor_has_a_distance_or_a_reason(dataset):
    metrics, statistics = make(dataset, "randconv", "inception")(
        {"samples": real_uint8(dataset, "test")[:40]},
        left_out={"baseline": "It was not trained."},
    )
    assert metrics["fd_randconv"]["value"] > 0.0
    assert metrics["fd_randconv_baseline"]["reason"] == "It was not trained."
    assert metrics["fd_randconv_baseline"]["value"] is None
    assert metrics["fid"]["value"] is None
    assert "inception_dir" in metrics["fid"]["reason"]
    assert metrics["nearest_training_distance"]["exact_copies"] == 0
    assert metrics["nearest_training_distance_baseline"]["value"] is None
    assert statistics


def test_a_few_samples_have_no_distance_but_are_looked_at_for_copies(dataset):
    copies = real_uint8(dataset, "train")[:3]
    metrics, statistics = make(dataset, "randconv")({"samples": copies})
    assert metrics["fd_randconv"]["value"] is None
    assert "samples: 3" in metrics["fd_randconv"]["reason"]
    assert metrics["nearest_training_distance"]["exact_copies"] == 3
    assert not statistics


def test_no_samples_have_no_metrics(dataset):
    metrics, statistics = make(dataset, "randconv")({})
    assert metrics == {} and statistics == {}


def test_the_same_seed_gives_the_same_numbers(dataset):
    samples = {"samples": real_uint8(dataset, "test")[:40]}
    values = [
        make(dataset, "randconv")(samples)[0]["fd_randconv"]["value"] for _ in range(2)
    ]
    np.testing.assert_array_equal(*values)


def test_an_unknown_extractor_is_found_before_anything_is_computed(dataset):
    with pytest.raises(ValueError, match="extractors"):
        make(dataset, "randomconv")
