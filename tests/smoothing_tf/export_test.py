"""The export command: integer versions, one after the other."""

import numpy as np
import tensorflow as tf

from smoothing_tf import export, sample, train
from tests.smoothing_tf.conftest import TINY_FLAGS


def test_each_export_is_the_next_version(run_dir, tmp_path):
    (tmp_path / "model" / "1").mkdir(parents=True)
    export.main([f"--workdir={run_dir}", f"--output={tmp_path / 'model'}"])
    signatures = tf.saved_model.load(tmp_path / "model" / "2").signatures
    assert {"sample", "denoise", "bound", "serving_default"} <= set(signatures)


def test_what_was_trained_in_half_precision_is_sampled_and_exported(tmp_path, tfds_dir):
    workdir = f"--workdir={tmp_path / 'run'}"
    flags = [*TINY_FLAGS, "--compute_dtype=bfloat16", f"--data_dir={tfds_dir}"]
    train.main([*flags, workdir])
    sample.main([workdir, "--num_samples=2", f"--output={tmp_path / 'x.npz'}"])
    assert np.all(np.isfinite(np.load(tmp_path / "x.npz")["single_step"]))
    export.main([workdir, f"--output={tmp_path / 'model'}"])
    signature = tf.saved_model.load(tmp_path / "model" / "1").signatures["sample"]
    outputs = signature(num_samples=tf.constant(2), seed=tf.constant([1, 2]))
    assert outputs["smoothed"].dtype == outputs["single_step"].dtype == tf.float32
