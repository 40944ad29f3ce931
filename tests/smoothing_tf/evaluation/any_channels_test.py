"""Pictures and metrics of images that are neither grey nor color."""

import functools

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.evaluation import EvaluationConfig, write_evaluation
from tests.testing.tiny_data import tiny_dataset
from tests.testing.tiny_models import make_tiny_model, tiny_trained
from tests.testing.train_tiny import train


def _write(directory, dataset, **settings):
    shape = dataset.event_shape
    return write_evaluation(
        tiny_trained(shape, num_levels=dataset.num_levels),
        dataset,
        config=EvaluationConfig(num_samples=30, num_importance_draws=0, **settings),
        flags_text="--seed=3\n",
        histories={},
        seed=3,
        directory=directory,
        progress=False,
    )


@pytest.mark.parametrize("num_channels", [2, pytest.param(4, marks=pytest.mark.large)])
def test_they_have_pictures_and_metrics(tmp_path, num_channels):
    rng = np.random.default_rng(0)
    arrays = {
        split: rng.integers(4, size=(n, 4, 4, num_channels), dtype=np.uint8)
        for split, n in (("train", 60), ("validation", 20), ("test", 25))
    }
    metrics = _write(
        tmp_path,
        Dataset(source_from_arrays("tiny", arrays, 4)),
        extractors=("randconv", "inception"),
        inception_dir="unused",
    )
    assert metrics["fd_randconv"]["value"] > 0
    assert metrics["fid"]["value"] is None
    assert f"these have {num_channels} channels" in metrics["fid"]["reason"]
    assert metrics["nearest_training_distance"]["value"] > 0
    note = metrics["run"]["pictures_and_metrics"]
    assert f"{num_channels} channels; pictures show them side by side" in note
    assert note in (tmp_path / "report.html").read_text()
    names = {path.name for path in (tmp_path / "samples").iterdir()}
    assert {"real.png", "samples.png", "columns.png"} <= names


def test_the_report_says_why_there_are_none(tmp_path):
    dataset = tiny_dataset((2, 2, 1), None)
    note = _write(tmp_path, dataset)["run"]["pictures_and_metrics"]
    assert note.endswith("are not scored by features, and not shown as pictures.")
    assert note in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("num_channels, width", [(2, 9), (4, 19)])
def test_tensorboard_shows_all_channels(tmp_path, num_channels, width):
    shape = (4, 4, num_channels)
    make_model = functools.partial(make_tiny_model, "baseline", shape)
    train(tmp_path, "baseline", tiny_dataset(shape), make_model, sample_every=6)
    events = EventAccumulator(
        str(tmp_path / "tensorboard"), size_guidance={"tensors": 0}
    ).Reload()
    found, height, _ = events.Tensors("samples")[0].tensor_proto.string_val
    assert (int(found), int(height)) == (8 * width, 4)
