import json

import numpy as np
import pytest

from smoothing_tf.data.image_view import ImageView
from smoothing_tf.evaluation import sample_metrics
from smoothing_tf.evaluation.extractors import Extractor, RandConv
from smoothing_tf.evaluation.real_images import RealImages
from smoothing_tf.evaluation.sample_metrics import feature_metrics, metric_name
from tests.smoothing_tf.evaluation.digits import digits, moments_distance


class _PixelMeans(Extractor):
    """Features are four quarters' means, logits follow two of them."""

    id = "inception"
    sha256, graph_sha256 = "0", "1"
    preprocessing = "uint8 / 255"

    @classmethod
    def build(cls, inputs):
        return cls()

    def features_and_logits(self, images):
        means = images.reshape(len(images), 4, -1).mean(axis=2) / 255.0
        return means, 20.0 * means[:, :2]


def _real():
    images, _ = digits()
    return RealImages(
        ImageView(images[:1000]), ImageView(images[1000:1400]), "train", "test"
    )


def _generated():
    return digits()[0][1400:]


def test_names_reserve_fid_for_inception():
    assert metric_name("fd", "inception") == "fid"
    assert metric_name("fd_infinity", "inception", "x") == "fid_infinity_x"
    assert metric_name("fd", "randconv") == "fd_randconv"
    assert metric_name("fd_infinity", "randconv") == "fd_infinity_randconv"
    assert metric_name("kid", "inception", "baseline") == "kid_baseline"
    assert metric_name("kid", "randconv", "baseline") == "kid_randconv_baseline"


def test_real_samples_score_like_the_floor_and_noise_does_not():
    noise = np.random.Generator(np.random.PCG64(0)).integers(
        0, 256, _generated().shape, dtype=np.uint8
    )
    extractor = RandConv()
    metrics, _ = feature_metrics(
        extractor, _real(), {"samples": _generated(), "baseline": noise}, seed=0
    )
    real, noisy = metrics["fd_randconv"], metrics["fd_randconv_baseline"]
    floor = real["floor"]
    assert floor["n"] == len(_generated())
    assert floor["quantiles"]["0.05"] < floor["value"] < floor["quantiles"]["0.95"]
    assert abs(floor["value_at_n"] - floor["value"]) < 3.0 * floor["se_at_n"]
    assert noisy["value"] > 100 * floor["value"]
    assert real["value"] == pytest.approx(
        moments_distance(
            extractor.features(_real().reference[:]), extractor.features(_generated())
        ),
        rel=1e-9,
    )
    assert metrics["precision_randconv"]["value"] > 0.8
    assert metrics["precision_randconv_baseline"]["value"] == 0.0
    assert real["rank_deficient"] is False
    assert real["n_reference"] == 1000


def test_every_number_says_how_it_was_made():
    extractor = RandConv()
    metrics, _ = feature_metrics(
        extractor, _real(), {"samples": _generated()[:100]}, seed=7
    )
    assert metrics
    for metric in metrics.values():
        assert metric["extractor"] == {
            "id": "randconv",
            "sha256": extractor.sha256,
            "preprocessing": extractor.preprocessing,
        }
        assert "not resized" in metric["extractor"]["preprocessing"]
        assert metric["quantization"] == "uint8"
        assert metric["seed"] == 7
        assert metric["reference_split"] == "train"


def _numbers(metric):
    """Returns the metric, its floor and its value for held-out images."""
    return [metric, *(metric[name] for name in ("floor", "held_out") if name in metric)]


def test_every_number_has_n_and_an_error_or_a_reason_and_every_metric_a_direction():
    for extractor in (RandConv(), _PixelMeans()):
        metrics, _ = feature_metrics(
            extractor, _real(), {"samples": _generated()[:100]}, seed=0
        )
        for name, metric in metrics.items():
            better = {
                "precision": "higher is better",
                "recall": "higher is better",
                "inception_score": "higher is better",
                "confidence": "best when equal to that of held-out data",
            }
            expected = next((d for n, d in better.items() if n in name), None)
            assert metric["direction"] == (expected or "lower is better")
            for number in _numbers(metric):
                assert number["n"] > 0
                has_reason = bool({"se_reason", "reason"} & number.keys())
                assert (number["se"] is None) == has_reason, name
                assert number["se"] is None or number["se"] > 0.0
            if "floor" in metric:
                assert {"0.05", "0.5", "0.95"} == set(metric["floor"]["quantiles"])
        prefix = "fid" if extractor.id == "inception" else "fd_randconv"
        assert metrics[prefix]["target"] == "expectation at this n"
        assert 9.0 <= metrics[prefix]["degrees_of_freedom"] <= 18.0


def test_samples_that_are_copies_of_the_reference_are_at_distance_zero():
    real = _real()
    metrics, _ = feature_metrics(
        RandConv(), real, {"samples": real.reference[:400]}, seed=0
    )
    at_n = metrics["fd_randconv"]["floor"]
    assert (at_n["n"], at_n["value_at_n"]) == (400, 0.0)
    assert metrics["kid_randconv"]["value"] < 0.0
    assert metrics["precision_randconv"]["value"] == 1.0
    assert metrics["recall_randconv"]["value"] == 1.0
    metrics, _ = feature_metrics(
        _PixelMeans(), real, {"samples": real.training[:]}, seed=0
    )
    assert metrics["fid"]["value"] == 0.0


def test_subsets_of_the_kernel_distance_need_many_images(monkeypatch):
    samples = {"samples": _generated(), "baseline": _real().training[:]}
    metrics, _ = feature_metrics(_PixelMeans(), _real(), samples, seed=0)
    assert not any("kid_subsets" in name for name in metrics)
    monkeypatch.setattr(sample_metrics, "_MIN_SUBSET_IMAGES", 1000)
    monkeypatch.setattr(sample_metrics, "_NUM_SUBSETS", 2)
    metrics, _ = feature_metrics(_PixelMeans(), _real(), samples, seed=0)
    assert [name for name in metrics if "kid_subsets" in name] == [
        "kid_subsets_baseline"
    ]
    subsets = metrics["kid_subsets_baseline"]
    assert subsets["se"] is None and "not a standard error" in subsets["se_reason"]
    assert (subsets["n"], subsets["num_subsets"]) == (1000, 2)
    assert subsets["subset_size"] == 1000 and subsets["std_over_subsets"] >= 0.0


def test_nothing_is_held_out_of_the_training_split():
    images, _ = digits()
    real = RealImages(ImageView(images[:1000]), None, "train", "train")
    metrics, _ = feature_metrics(_PixelMeans(), real, {"samples": _generated()}, seed=0)
    for name in ("fid", "kid", "inception_score", "confidence"):
        assert metrics[name]["extractor"]["graph_sha256"] == "1"
        assert metrics[name]["value"] is not None
        assert metrics[name]["held_out"]["value"] is None
        assert "nothing is held out" in metrics[name]["held_out"]["reason"]
    json.dumps(metrics, allow_nan=False)


def test_few_samples_are_rank_deficient_and_not_extrapolated():
    metrics, _ = feature_metrics(
        RandConv(), _real(), {"samples": _generated()[:100]}, seed=0
    )
    distance, extrapolated = metrics["fd_randconv"], metrics["fd_infinity_randconv"]
    assert distance["rank_deficient"] is True
    assert (extrapolated["value"], extrapolated["se"]) == (None, None)
    d = distance["num_features"]
    assert extrapolated["reason"] == (
        "The Frechet distance is extrapolated to infinite n only from 5 images for each"
        f" feature on either side, {5 * d} for {d} features; there are 100 and 1,000"
        " reference images."
    )


def test_the_distance_of_real_images_is_extrapolated_to_about_zero():
    samples = {"samples": _generated(), "baseline": 255 - _generated()}
    metrics, _ = feature_metrics(_PixelMeans(), _real(), samples, seed=0)
    real, inverted = metrics["fid_infinity"], metrics["fid_infinity_baseline"]
    assert abs(real["value"]) < 4.0 * real["se"]
    assert abs(real["held_out"]["value"]) < 4.0 * real["held_out"]["se"]
    assert inverted["value"] > 10.0 * inverted["se"]
    # The bias of both sides, which is extrapolated away, is above 0.
    assert real["value"] < metrics["fid"]["value"]
    at_n = real["line"]["distances"][0]
    assert at_n == pytest.approx(metrics["fid"]["value"], rel=1e-7)
    assert real["line"]["shares"] == pytest.approx([1.0, 0.9, 0.8, 0.5])
    assert real["degrees_of_freedom"] > 2.0


def test_logits_give_scores_and_confidence():
    metrics, statistics = feature_metrics(
        _PixelMeans(), _real(), {"samples": _generated()}, seed=0
    )
    assert {"fid", "kid", "precision", "recall", "inception_score"} <= set(metrics)
    confidence = metrics["confidence"]
    assert 0.5 <= confidence["value"] <= 1.0
    assert sum(confidence["class_counts"]) == confidence["n"] == len(_generated())
    assert confidence["held_out"]["n"] == 400
    assert statistics["inception_samples_covariance"].shape == (4, 4)
    assert statistics["inception_reference_count"] == 1000
    json.dumps(metrics, allow_nan=False)
