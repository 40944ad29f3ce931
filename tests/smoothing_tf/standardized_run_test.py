"""A run on a standardized table equals one on its standardized numbers.

The second run gets the numbers in a file, as data in their own unit. Whatever the first
one shows to a user must be that of the second one, in the units of the first file.
"""

import json

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
import tensorflow as tf

from smoothing_tf import evaluate, export, sample, train, workdir
from smoothing_tf.data.dataset import DataConfig, open_dataset
from smoothing_tf.sampling import sample_pictures
from smoothing_tf.seeds import example_seeds
from smoothing_tf.serving.bound import bound_terms, draw_seeds
from smoothing_tf.standardization import Standardization
from tests.testing.eagerly import eagerly

_FLAGS = (
    "--model=made",
    "--hidden_units=8",
    "--num_mixtures=2",
    "--num_steps=4",
    "--batch_size=16",
    "--noise_scale=0.3",
    "--stages=smoothed,reverse,baseline",
)
_KINDS = ("smoothed", "single_step", "samples", "baseline")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Holds table.csv, z.npz, and the runs raw and z of the two."""
    root = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(0)
    x = rng.normal([1e5, -3.0, 0.0], [20.0, 0.01, 1.0], (120, 3))
    x[:, 2] += 0.05 * (x[:, 0] - 1e5)
    columns = dict(zip(("a", "b", "c"), x.T))
    pyarrow.csv.write_csv(pa.table(columns), root / "table.csv")
    table = [f"--data_dir={root / 'table.csv'}", "--standardize", "--dataset=table"]
    data = open_dataset(DataConfig("table", str(root / "table.csv"), standardize=True))
    np.savez(root / "z.npz", **{s: data.array(s) for s in data.num_examples})
    numbers = [f"--data_dir={root / 'z.npz'}", "--dataset=arrays"]
    for name, flags in (("raw", table), ("z", numbers)):
        with eagerly():
            train.main([*_FLAGS, *flags, f"--workdir={root / name}"])
    return root


@pytest.fixture(scope="module")
def scale(root):
    facts = json.loads((root / "raw" / "data.json").read_text())
    scale = Standardization.from_json(facts["standardization"])
    table = pyarrow.csv.read_csv(root / "table.csv")
    assert scale.columns == tuple(table.column_names)
    # The moments of all rows are near those of the training rows.
    deviations = [np.std(column) for column in table.columns]
    np.testing.assert_allclose(scale.std, deviations, rtol=0.2)
    return scale


def _load(path):
    with np.load(path) as arrays:
        return dict(arrays)


def _assert_restored(raw, z, scale):
    assert raw.dtype == np.float64 and z.dtype == np.float32
    np.testing.assert_allclose(raw, scale.restore(z), rtol=1e-13)


def test_the_training_is_the_same(root):
    histories = [(root / run / "reverse" / "history.jsonl").read_text() for run in
                 ("raw", "z")]  # fmt: skip
    assert histories[0] == histories[1]


@pytest.mark.usefixtures("eager")
def test_new_samples_are_in_raw_units(root, scale):
    for run in ("raw", "z"):
        sample.main([f"--workdir={root / run}", "--num_samples=5",
                     f"--output={root}/drawn_{run}.npz"])  # fmt: skip
    raw, z = _load(root / "drawn_raw.npz"), _load(root / "drawn_z.npz")
    for kind in _KINDS:
        _assert_restored(raw[kind], z[kind], scale)


@pytest.mark.usefixtures("eager")
def test_denoising_and_inpainting_take_raw_units(root, scale):
    rng = np.random.default_rng(1)
    z = rng.normal(size=(4, 3)).astype(np.float32)
    np.savez(root / "given_z.npz", z)
    np.savez(root / "given_raw.npz", scale.restore(z))
    np.savez(root / "mask.npz", np.array([1, 0, 1]))
    for task in (["--denoise"], [f"--mask={root / 'mask.npz'}", "--num_samples=2"]):
        found = {}
        for run in ("raw", "z"):
            output = root / f"restored_{run}.npz"
            images = f"--images={root / f'given_{run}.npz'}"
            sample.main([f"--workdir={root / run}", images, *task,
                         f"--output={output}"])  # fmt: skip
            found[run] = _load(output)
        assert found["raw"].keys() == found["z"].keys()
        for kind, values in found["raw"].items():
            assert values.dtype == np.float64
            # On the way there the last bit of float32 may change.
            np.testing.assert_allclose(
                scale.standardize(values), found["z"][kind], rtol=1e-4, atol=1e-4
            )
    # Known values come back bit for bit.
    known = np.repeat(scale.restore(z), 2, axis=0)[:, [0, 2]]
    np.testing.assert_array_equal(found["raw"]["samples"][:, [0, 2]], known)


@pytest.mark.usefixtures("eager")
def test_every_picture_names_the_columns(root, scale, monkeypatch):
    names = []
    scatter = sample_pictures.scatter_columns

    def record(groups, *, axis_names=None):
        names.append(axis_names)
        return scatter(groups, axis_names=axis_names)

    monkeypatch.setattr(sample_pictures, "scatter_columns", record)
    np.savez(root / "one.npz", scale.restore(np.zeros((1, 3))))
    np.savez(root / "one_mask.npz", np.array([1, 0, 1]))
    images = f"--images={root / 'one.npz'}"
    for task in (
        ["--num_samples=2"],
        [images, "--denoise"],
        [images, f"--mask={root / 'one_mask.npz'}"],
    ):
        output = f"--output={root / 'named.npz'}"
        sample.main([f"--workdir={root / 'raw'}", output, *task])
    assert names == [scale.columns] * 3


@pytest.mark.usefixtures("eager")
def test_both_likelihoods_are_reported(root, scale):
    metrics = {}
    for run in ("raw", "z"):
        evaluate.main([f"--workdir={root / run}", "--num_samples=5",
                       "--num_importance_draws=2"])  # fmt: skip
        directory = root / run / "evaluation"
        metrics[run] = json.loads((directory / "metrics.json").read_text())
    report = (root / "raw" / "evaluation" / "report.html").read_text()
    assert "in raw units" in report and "on the standardized scale" in report
    log_volume = float(np.sum(np.log(scale.std)))
    for name in ("nll", "nll_iw", "nll_baseline"):
        own, other = metrics["raw"][name], metrics["z"][name]
        assert own["value"] == pytest.approx(other["value"], rel=1e-6)
        assert (own["scale"], "scale" in other) == ("standardized", False)
        raw = metrics["raw"][f"{name}_raw_units"]
        assert raw["value"] == pytest.approx(own["value"] + log_volume, rel=1e-12)
        assert (raw["se"], raw["n"]) == (own["se"], own["n"])
        assert f"{name}_raw_units" not in metrics["z"]
    stored = _load(root / "raw" / "evaluation" / "samples.npz")
    for kind, values in _load(root / "z" / "evaluation" / "samples.npz").items():
        _assert_restored(stored[kind], values, scale)


def test_the_baseline_is_a_density_of_the_columns(root, scale):
    """Integrates the density in raw units, by importance sampling from a normal."""
    trained = workdir.load(root / "raw")
    rng = np.random.default_rng(2)
    z = rng.normal(scale=3.0, size=(20_000, 3))
    x = scale.restore(z)
    log_model = trained.baseline.log_prob(scale.standardize(x)) - scale.log_volume
    std = 3.0 * np.array(scale.std)
    log_normal = -0.5 * ((x - scale.mean) / std) ** 2 - np.log(std)
    log_normal = np.sum(log_normal - 0.5 * np.log(2 * np.pi), axis=1)
    weights = np.exp(log_model - log_normal)
    error = weights.std() / np.sqrt(len(weights))
    assert error < 0.05 and abs(weights.mean() - 1.0) < 4 * error


def test_a_served_model_takes_and_returns_raw_units(root, scale):
    """Compares the export of the run raw with the models of the run z."""
    export.main(
        [f"--workdir={root / 'raw'}", f"--output={root}/raw_model", "--inpainting"]
    )
    served = tf.saved_model.load(f"{root}/raw_model/1").signatures
    seed = tf.constant([1, 2])
    drawn = served["sample"](num_samples=tf.constant(3), seed=seed)
    x = np.random.default_rng(3).normal(size=(2, 3)).astype(np.float32)
    bound = served["bound"](x=tf.constant(scale.restore(x)), seed=seed)
    two_stage = workdir.load(root / "z").two_stage
    with eagerly():
        smoothed, samples = two_stage.sample(3, seed=seed)
        single_step = two_stage.single_step_denoise(smoothed)
        seeds = draw_seeds(example_seeds(seed, 2), 0)
        terms = bound_terms(two_stage, tf.constant(x, tf.float64), seeds)
    kinds = {"smoothed": smoothed, "single_step": single_step, "samples": samples}
    for kind, z in kinds.items():
        raw = drawn[kind].numpy()
        assert raw.dtype == np.float64
        np.testing.assert_allclose(scale.standardize(raw), z, atol=1e-5)
    np.testing.assert_allclose(bound["nats"], -terms.log_weight(), rtol=1e-5)
    np.testing.assert_allclose(
        bound["nats_raw_units"] - bound["nats"], np.sum(np.log(scale.std)), rtol=1e-9
    )
    facts = json.loads((root / "raw_model/1/assets.extra/smoothing.json").read_text())
    assert Standardization.from_json(facts["standardization"]) == scale
    unit = "[n, 3], float64, in the raw units of the columns"
    assert facts["tensors"]["samples"] == unit
    assert "nats_raw_units" in facts["tensors"]


def test_other_data_are_not_taken_for_those_of_the_run(root):
    x = np.random.default_rng(5).normal(size=(60, 3))
    columns = dict(zip(("a", "b", "c"), x.T))
    pyarrow.csv.write_csv(pa.table(columns), root / "other.csv")
    with pytest.raises(ValueError, match="standardized by the moments of its own trai"):
        evaluate.main([f"--workdir={root / 'raw'}", f"--data_dir={root / 'other.csv'}"])
