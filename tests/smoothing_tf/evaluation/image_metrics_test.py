"""All metrics of samples of a data set, and the reasons where there are none."""

import numpy as np
import pytest

from smoothing_tf.data.dataset import DataConfig, Dataset, open_dataset
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.data.subsets import DRAWN
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.extractors import EXTRACTORS, Extractor
from smoothing_tf.evaluation.image_metrics import ImageMetrics
from smoothing_tf.sampling.kinds import real_uint8


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


class _GreyLevel(Extractor):
    """The mean grey level as the only feature."""

    id, sha256, preprocessing = "grey", "0", "none"

    @classmethod
    def build(cls, inputs):
        return cls()

    def features_and_logits(self, images_uint8):
        flat = images_uint8.reshape(len(images_uint8), -1).astype(np.float32)
        return flat.mean(axis=1, keepdims=True), None


def test_floors_of_a_sorted_split_are_those_of_a_shuffled_one(monkeypatch):
    monkeypatch.setitem(EXTRACTORS, "randconv", _GreyLevel.build)
    levels = np.repeat(np.arange(10, dtype=np.uint8) * 20, 100)
    order = np.random.default_rng(0).permutation(len(levels))
    floors = {}
    for name, train in (("sorted", levels), ("shuffled", levels[order])):
        images = np.tile(train[:, None, None, None], (1, 4, 4, 1))
        arrays = {"train": images, "test": images[order][:300]}
        dataset = Dataset(source_from_arrays(name, arrays, 256))
        metrics, _ = make(dataset, "randconv")({"samples": arrays["test"]})
        floors[name] = metrics["fd_grey"]["floor"]["value"]
        assert metrics["fd_grey"]["floor_sets"].endswith(DRAWN)
    # Between two halves by class it would be 100^2, the squared distance of their
    # means.
    assert max(floors.values()) < 100.0


def test_blocks_of_held_out_images_hold_several_classes(monkeypatch):
    seen = []

    class Recorder(_GreyLevel):
        def features_and_logits(self, images_uint8):
            seen.append(images_uint8[:, 0, 0, 0])
            return super().features_and_logits(images_uint8)

    monkeypatch.setitem(EXTRACTORS, "randconv", Recorder.build)
    levels = np.repeat(np.arange(10, dtype=np.uint8), 20)
    images = np.tile(levels[:, None, None, None], (1, 4, 4, 1))
    arrays = {"train": images[:150], "test": images}
    dataset = Dataset(source_from_arrays("sorted", arrays, 10))
    make(dataset, "randconv")({"samples": images[:30]})
    (held_out,) = (levels for levels in seen if len(levels) == 200)
    assert all(len(set(block)) >= 4 for block in np.array_split(held_out, 10))


def test_a_limit_holds_for_references_floors_and_neighbors(dataset):
    config = EvaluationConfig(extractors=("randconv",), max_examples=100)
    samples = {"samples": real_uint8(dataset, "test")[:60]}
    metrics, statistics = ImageMetrics(dataset, config, seed=0)(samples)
    distance = metrics["fd_randconv"]
    assert distance["n_reference"] == distance["reference_subset"]["size"] == 100
    assert statistics["randconv_reference_count"] == 100
    assert distance["floor"]["n"] == 50
    assert distance["held_out"]["n"] == distance["held_out"]["subset"]["size"] == 100
    nearest = metrics["nearest_training_distance"]
    assert nearest["n_reference"] == nearest["reference_subset"]["size"] == 100
    assert nearest["held_out"]["n"] == 100
