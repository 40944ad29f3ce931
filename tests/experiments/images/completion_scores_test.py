"""Scores of completions: their class, and their distance to real images."""

import functools

import numpy as np
import pytest

from experiments.images.completion_scores import CompletionJudge
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.evaluation.extractors import Classifier


@pytest.fixture(scope="module")
def judge():
    levels = np.random.default_rng(0).integers(0, 3, (40, 4, 4, 1))
    labels = np.arange(40) % 2
    levels[labels == 1] += 5
    arrays = {"train": levels.astype(np.uint8)}
    source = source_from_arrays("two", arrays, 8, labels={"train": labels})
    with pytest.MonkeyPatch.context() as patch:
        train = functools.partial(Classifier, num_steps=60)
        patch.setattr(
            Classifier,
            "build",
            lambda inputs: train(inputs.training_images, inputs.training_labels),
        )
        return CompletionJudge(Dataset(source), seed=0), levels, labels


def test_images_are_of_their_class_and_no_farther_than_themselves(judge):
    judge, levels, labels = judge
    x = (levels / 3.5 - 1.0).astype(np.float32)
    scores = judge(x, labels)
    np.testing.assert_array_equal(scores.per_image["same_class"], 1.0)
    np.testing.assert_array_equal(judge(x, 1 - labels).per_image["same_class"], 0.0)
    assert set(scores.per_image["confident"]) <= {0.0, 1.0}
    assert judge.num_reference == 40
    noisy = judge(np.clip(x + 0.5, -1.0, 1.0), labels)
    for extractor in judge.extractors:
        found = noisy.distances[extractor].value - scores.distances[extractor].value
        assert found > 0.0
    noisy_x = x.copy()
    noisy_x[[3, 5], 0, 0, 0] = np.nan, np.inf
    spoiled = judge(noisy_x, labels)
    assert spoiled.reason.startswith("2 of 40 images are not finite")
    assert spoiled.per_image == spoiled.distances == {} and scores.reason is None
