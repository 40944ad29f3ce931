"""Files written by earlier versions still load, with the same meaning.

testdata/written_by_3f24f89 holds a working directory (MADE on 4x4 images, all stages, 4
steps), its export and the prepared directory it was trained on, as commit 3f24f89 wrote
them; expected.npz holds the results of that commit's own commands on them.
"""

import pathlib
import shutil

import numpy as np
import pytest

from components.generate import executor as generate
from smoothing_tf import evaluate, sample, train
from smoothing_tf.artifacts import SAMPLES_FILE
from smoothing_tf.data.dataset import DataConfig, open_dataset
from smoothing_tf.smoothing import Gaussian
from smoothing_tf.training.history import History

_WRITTEN = pathlib.Path(__file__).parent / "testdata" / "written_by_3f24f89"
# The settings that the run was trained with; the number of steps may grow.
_FLAGS = (
    "--dataset=directory",
    "--data_dir=prepared",
    "--model=made",
    "--hidden_units=4",
    "--num_mixtures=1",
    "--batch_size=8",
    "--log_every=2",
    "--checkpoint_every=2",
    "--validate_every=2",
    "--sample_every=0",
    "--noise_scale=0.4",
    "--stages=smoothed,reverse,baseline",
)


@pytest.fixture(scope="module")
def expected():
    with np.load(_WRITTEN / "expected.npz") as arrays:
        return dict(arrays)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A copy of the working directory; its data are named relative to it."""
    shutil.copytree(_WRITTEN, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "run"


def assert_same_levels(found, expected):
    """Checks equality, but for a value that rounding may move to the next bin."""
    assert found.dtype == expected.dtype == np.uint8
    assert np.mean(found != expected) <= 0.05


def test_a_working_directory_is_evaluated_as_before(run, expected):
    evaluate.main([f"--workdir={run}", "--num_samples=0", "--num_importance_draws=0"])
    with np.load(run / "evaluation" / "per_image.npz") as found:
        for name in ("bits_per_dim", "bits_per_dim_baseline"):
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-5)


def test_a_working_directory_is_sampled_as_before(run, expected):
    sample.main([f"--workdir={run}", "--num_samples=4", "--output=samples.npz"])
    with np.load("samples.npz") as found:
        np.testing.assert_allclose(
            found["smoothed"], expected["sample_smoothed"], rtol=1e-4, atol=1e-4
        )
        for kind in ("samples", "baseline"):
            assert_same_levels(found[kind], expected[f"sample_{kind}"])


def test_a_working_directory_is_trained_further_as_before(run, expected, monkeypatch):
    # Training noise was drawn in blocks then, which smoothings without an operation of
    # their own still do; nothing else has changed.
    monkeypatch.delattr(Gaussian, "sample")
    train.main([*_FLAGS, "--num_steps=6", f"--workdir={run}"])
    row = History(run / "reverse").rows()[-1]
    assert row["step"] == 6
    for name in ("train_nats", "validation_nats"):
        np.testing.assert_allclose(
            row[name], expected[f"resumed_reverse_{name}"], rtol=1e-4
        )


def test_an_export_is_served_as_before(tmp_path, expected):
    generate.run(
        model_dir=_WRITTEN / "model" / "1",
        num_samples=4,
        seed=0,
        beam_runner="DirectRunner",
        beam_options=[],
        output_dir=tmp_path / "generated",
    )
    with np.load(tmp_path / "generated" / SAMPLES_FILE) as found:
        np.testing.assert_allclose(
            found["smoothed"], expected["served_smoothed"], rtol=1e-4, atol=1e-4
        )
        assert_same_levels(found["samples"], expected["served_samples"])


def test_a_prepared_directory_is_read_as_before():
    dataset = open_dataset(DataConfig("directory", str(_WRITTEN / "prepared")))
    assert dataset.num_examples == {"test": 8, "train": 24, "validation": 8}
    assert dataset.event_shape == (4, 4, 1) and dataset.num_levels == 256
    # The first pixels of the first image that was written.
    rng = np.random.default_rng(0)
    first = rng.integers(0, 256, (4, 4), dtype=np.uint8)
    np.testing.assert_array_equal(dataset.array("train")[0, ..., 0], first)
    np.testing.assert_array_equal(dataset.labels("train"), [0] * 12 + [1] * 12)
