import numpy as np
import pytest

from smoothing_tf.data.image_view import ImageView
from smoothing_tf.evaluation.memorization import memorization_metrics, nearest_pairs
from smoothing_tf.evaluation.real_images import RealImages
from smoothing_tf.parts import Parts
from tests.smoothing_tf.evaluation.digits import digits


def test_copies_of_training_images_are_found():
    images, _ = digits()
    real = RealImages(
        ImageView(images[:1000]), ImageView(images[1000:1400]), "train", "test"
    )
    metrics = memorization_metrics(
        real, {"samples": digits()[0][1400:], "baseline": real.training[:50]}, seed=7
    )
    copied = metrics["nearest_training_distance_baseline"]
    assert copied["exact_copies"] == 50
    assert copied["value"] == 0.0
    fresh = metrics["nearest_training_distance"]
    assert fresh["exact_copies"] == 0
    assert fresh["value"] == pytest.approx(fresh["held_out"]["value"], rel=0.1)
    assert fresh["held_out"]["split"] == "test"
    assert fresh["n_reference"] == 1000
    assert fresh["seed"] == 7
    assert 0.0 < fresh["se"] < fresh["value"]
    assert fresh["held_out"]["se"] > 0.0
    assert fresh["direction"] == "best when equal to that of held-out data"


def test_copies_beyond_the_images_that_statistics_need_are_found(monkeypatch):
    monkeypatch.setattr(
        "smoothing_tf.evaluation.real_images._MAX_REFERENCE_IMAGES", 100
    )
    images, _ = digits()
    real = RealImages(ImageView(images[:1000]), None, "train", "train")
    assert len(real.reference) == 100
    metrics = memorization_metrics(real, {"samples": images[900:950]}, seed=0)
    distance = metrics["nearest_training_distance"]
    assert distance["exact_copies"] == 50
    assert distance["n_reference"] == 1000
    assert distance["held_out"]["value"] is None
    assert "nothing is held out" in distance["held_out"]["reason"]


def test_samples_are_shown_next_to_their_nearest_training_images():
    images, _ = digits()
    real = RealImages(ImageView(images[:100]), None, "train", "train")
    # A copy comes first, then one that is nearly a copy.
    near = images[7:8] ^ np.uint8(1)
    samples = np.concatenate([images[1000:1020], near, images[3:4]])
    shown, training = nearest_pairs(real, {"samples": samples}, Parts())["samples"]
    assert len(shown) == len(training) == 12
    np.testing.assert_array_equal(shown[:2], np.concatenate([images[3:4], near]))
    np.testing.assert_array_equal(training[:2], images[[3, 7]])
