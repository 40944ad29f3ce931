"""The export command: integer versions, one after the other."""

import tensorflow as tf

from smoothing_tf import export


def test_each_export_is_the_next_version(run_dir, tmp_path):
    (tmp_path / "model" / "1").mkdir(parents=True)
    export.main([f"--workdir={run_dir}", f"--output={tmp_path / 'model'}"])
    signatures = tf.saved_model.load(tmp_path / "model" / "2").signatures
    assert {"sample", "denoise", "bound", "serving_default"} <= set(signatures)
