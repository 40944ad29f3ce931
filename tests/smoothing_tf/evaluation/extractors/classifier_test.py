import numpy as np
import pytest

from smoothing_tf.evaluation.extractors import (
    EXTRACTORS,
    Classifier,
    ExtractorInputs,
    MissingInputError,
)
from tests.smoothing_tf.evaluation.digits import digits


def _train(num_steps, seed=0):
    images, labels = digits()
    return Classifier(images[:1300], labels[:1300], seed=seed, num_steps=num_steps)


def test_held_out_digits_are_classified():
    images, labels = digits()
    features, logits = _train(600).features_and_logits(images[1300:])
    assert features.shape == (497, 64)
    assert logits.shape == (497, 10)
    assert np.mean(np.argmax(logits, axis=1) == labels[1300:]) > 0.95


def test_training_is_reproducible_and_depends_on_the_seed():
    images, _ = digits()
    first, again, other = _train(20), _train(20), _train(20, seed=1)
    np.testing.assert_allclose(
        first.features(images[:50]), again.features(images[:50]), atol=1e-3
    )
    assert first.sha256 != other.sha256


def test_data_without_labels_say_so():
    images, _ = digits()
    inputs = ExtractorInputs(images, None, inception_dir=None, seed=0)
    with pytest.raises(MissingInputError, match="needs labeled data"):
        EXTRACTORS["classifier"](inputs)


def test_labels_that_do_not_fit_are_rejected():
    images, labels = digits()
    with pytest.raises(ValueError, match="`labels` must be one integer for each"):
        Classifier(images, labels[:-1])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(40), "at least two classes; all are 0"),
        (np.full(40, 3), "at least two classes; all are 3"),
        (np.arange(40) % 3 - 1, "from 0 to 39 .* got -1 to 1"),
        (np.arange(40) * 1000, "from 0 to 39 .* got 0 to 39000"),
    ],
)
def test_labels_that_cannot_be_learned_leave_the_other_extractors(labels, message):
    inputs = ExtractorInputs(digits()[0][:40], labels, inception_dir=None, seed=0)
    with pytest.raises(MissingInputError, match=message):
        EXTRACTORS["classifier"](inputs)
