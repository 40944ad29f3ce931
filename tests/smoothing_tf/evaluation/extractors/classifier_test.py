import numpy as np
import pytest

from smoothing_tf.evaluation.extractors import (
    EXTRACTORS,
    Classifier,
    ExtractorInputs,
    MissingInputError,
    classifier,
)
from tests.smoothing_tf.evaluation.digits import digits


def _train(num_steps, seed=0):
    images, labels = digits()
    return Classifier(images[:1300], labels[:1300], seed=seed, num_steps=num_steps)


def test_held_out_digits_are_classified():
    images, labels = digits()
    features, logits = _train(300).features_and_logits(images[1300:])
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


def test_weights_of_an_earlier_training_give_the_same_classifier(monkeypatch):
    images, labels = digits()
    trained = _train(5)
    monkeypatch.setattr(classifier, "_train_step", None)
    inputs = ExtractorInputs(images[:1300], labels[:1300], None, 0, trained.weights())
    again = EXTRACTORS["classifier"](inputs)
    assert again.sha256 == trained.sha256
    for ours, theirs in zip(
        again.features_and_logits(images[:50]), trained.features_and_logits(images[:50])
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_every_epoch_trains_on_every_image_once(monkeypatch):
    batches = []

    def record(images, labels):
        # Image i shows the number i.
        batches.append(images[:, 0, 0, 0])
        np.testing.assert_array_equal(labels, images[:, 0, 0, 0] % 3)

    monkeypatch.setattr(classifier, "_train_step", lambda *_: record)
    numbers = np.arange(128, dtype=np.uint8)
    images = np.tile(numbers[:, None, None, None], (1, 8, 8, 1))
    Classifier(images, numbers % 3, num_steps=4)
    first, second = (np.concatenate(batches[i : i + 2]) for i in (0, 2))
    assert sorted(first) == sorted(second) == numbers.tolist()
    assert not np.array_equal(first, second)


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
