"""The export command: integer versions, one after the other."""

import json

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf import artifacts, export, run_about, sample, train
from smoothing_tf.serving.about import About
from smoothing_tf.serving.layout import METADATA_FILE
from tests.smoothing_tf.conftest import TINY_FLAGS
from tests.testing.eagerly import eagerly


def test_a_baseline_is_the_next_version_with_its_limit(run_dir, tmp_path):
    (tmp_path / "model" / "1").mkdir(parents=True)
    workdir, output = f"--workdir={run_dir}", f"--output={tmp_path / 'model'}"
    export.main([workdir, output, "--stages=baseline", "--max_samples=3"])
    version = tmp_path / "model" / "2"
    signatures = tf.saved_model.load(version).signatures
    assert "log_prob" in signatures and "denoise" not in signatures
    facts = json.loads((version / METADATA_FILE).read_text(encoding="utf-8"))
    assert facts["max_samples"] == 3
    with pytest.raises(tf.errors.InvalidArgumentError, match="from 1 to 3; got 4"):
        signatures["sample"](num_samples=tf.constant(4), seed=tf.constant([0, 1]))


def test_one_stage_of_two_is_no_model(run_dir, tmp_path):
    with pytest.raises(ValueError, match="both smoothed and reverse, or neither"):
        export.main(
            [f"--workdir={run_dir}", f"--output={tmp_path}", "--stages=smoothed"]
        )


def test_a_baseline_by_itself_cannot_inpaint(tmp_path):
    flags = [f"--workdir={tmp_path}", f"--output={tmp_path}", "--stages=baseline"]
    with pytest.raises(ValueError, match="^`--inpainting` needs --stages with"):
        export.main([*flags, "--inpainting"])


def _likelihoods(directory, steps):
    return run_about.describe(directory, "tfds:mnist", "mnist", steps).likelihoods


def test_the_card_has_the_likelihoods_of_the_exported_weights(tmp_path):
    metric = {"value": 2.5, "se": 0.01, "n": 300, "split": "test", "k": 1}
    metrics = {
        "bits_per_dim": metric | {"bound": True},
        "bits_per_dim_baseline": metric | {"bound": False},
        "run": {"steps": {"smoothed": 10, "reverse": 20, "baseline": 30}},
    }
    path = tmp_path / "evaluation" / "metrics.json"
    artifacts.write_json(path, metrics)
    bound = (
        "bits_per_dim <= 2.500 +- 0.010 (300 test examples, K = 1; lower is better)",
    )
    exact = (
        "bits_per_dim_baseline = 2.500 +- 0.010 (300 test examples; lower is better)",
    )
    two_stage = {"smoothed": 10, "reverse": 20}
    assert _likelihoods(tmp_path, two_stage) == bound
    about = run_about.describe(tmp_path, "digits", "digits", two_stage)
    assert about.metrics == {"bits_per_dim": metrics["bits_per_dim"]}
    assert _likelihoods(tmp_path, two_stage | {"baseline": 30}) == bound + exact
    assert _likelihoods(tmp_path, {"baseline": 30}) == exact
    # Trained further since the evaluation.
    assert _likelihoods(tmp_path, {"smoothed": 11, "reverse": 20, "baseline": 30}) == (
        exact
    )
    # An earlier version stored no steps.
    del metrics["run"]["steps"]
    artifacts.write_json(path, metrics)
    assert _likelihoods(tmp_path, two_stage) == ()


def test_the_card_names_the_data_and_their_license(tmp_path):
    about = run_about.describe(tmp_path, "tfds:mnist", "mnist", {})
    assert about == About("mnist", "CC BY-SA 3.0")
    # A folder of the user that happens to be named like a known data set.
    about = run_about.describe(tmp_path, "folder", "mnist", {})
    assert about == About("mnist")


def test_what_was_trained_in_half_precision_is_sampled_and_exported(tmp_path, tfds_dir):
    workdir = f"--workdir={tmp_path / 'run'}"
    flags = [*TINY_FLAGS, "--compute_dtype=bfloat16", f"--data_dir={tfds_dir}"]
    with eagerly():
        train.main([*flags, workdir])
        sample.main([workdir, "--num_samples=2", f"--output={tmp_path / 'x.npz'}"])
    assert np.all(np.isfinite(np.load(tmp_path / "x.npz")["single_step"]))
    output = f"--output={tmp_path / 'model'}"
    export.main([workdir, output])
    signatures = tf.saved_model.load(tmp_path / "model" / "1").signatures
    assert {"sample", "denoise", "bound", "serving_default"} <= set(signatures)
    outputs = signatures["sample"](num_samples=tf.constant(2), seed=tf.constant([1, 2]))
    assert outputs["smoothed"].dtype == outputs["single_step"].dtype == tf.float32
    card = (tmp_path / "model" / "1" / "README.md").read_text(encoding="utf-8")
    assert "| License of the data | CC BY 4.0, from the UCI" in card
