"""The train command: what it writes, how it goes on, what it refuses."""

import random
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf import evaluate, export, sample, train, workdir
from smoothing_tf.artifacts import read_json
from smoothing_tf.data.datasets.toys import toys
from smoothing_tf.training.history import History
from tests.smoothing_tf.conftest import TINY_FLAGS
from tests.testing.command_lines import ROOT, run_command


def test_a_run_holds_its_stages_and_its_resolved_configuration(run_dir):
    assert workdir.stages_present(run_dir) == ("smoothed", "reverse", "baseline")
    flags = (run_dir / "flags.cfg").read_text()
    assert "--noise_scale=0.4\n" in flags
    assert "--reverse_num_steps=6\n" in flags


def test_the_automatic_noise_scale_is_written_as_a_number(tmp_path, tfds_dir):
    train.main(
        [
            *TINY_FLAGS,
            "--noise_scale=auto",
            f"--data_dir={tfds_dir}",
            f"--workdir={tmp_path}",
            "--stages=baseline",
            "--num_steps=1",
        ]
    )
    noise_scale = workdir.load_config(tmp_path).smoothing.noise_scale
    assert 0.2 < noise_scale < 0.6


def test_more_steps_go_on_from_where_the_run_stopped(tmp_path, tfds_dir):
    arguments = [*TINY_FLAGS, f"--data_dir={tfds_dir}", f"--workdir={tmp_path}"]
    train.main([*arguments, "--stages=smoothed", "--num_steps=4"])
    train.main([*arguments, "--stages=smoothed", "--num_steps=6"])
    assert [row["step"] for row in History(tmp_path / "smoothed").rows()] == [4, 6]


def test_vectors_with_bounded_noise_go_through_all_commands(tmp_path, monkeypatch):
    for split, number in (("train", 200), ("validation", 20), ("test", 30)):
        monkeypatch.setitem(toys._NUM_EXAMPLES, split, number)
    run = tmp_path / "run"
    train.main(
        [
            *("--dataset=rings", "--model=realnvp", "--num_couplings=2"),
            *("--hidden_units=4", "--smoothing=uniform", "--noise_scale=0.3"),
            *("--strategy=one_device", "--steps_per_call=1"),
            *("--num_steps=3", "--batch_size=16", "--max_validation_examples=20"),
            f"--workdir={run}",
        ]
    )
    sample.main([f"--workdir={run}", "--num_samples=3", f"--output={run}/s.npz"])
    with np.load(run / "s.npz") as arrays:
        assert set(arrays) == {"smoothed", "samples"}
        assert all(np.all(np.isfinite(array)) for array in arrays.values())
    evaluate.main(
        [
            *(f"--workdir={run}", "--max_examples=20", "--num_samples=20"),
            *("--num_importance_draws=2", "--extractors="),
        ]
    )
    metrics = read_json(run / "evaluation" / "metrics.json")
    assert metrics["nll"]["n"] == 20
    for name in ("nll", "nll_iw"):
        assert np.isfinite(metrics[name]["value"]), name
    export.main([f"--workdir={run}", f"--output={tmp_path / 'model'}"])
    model = tf.saved_model.load(str(tmp_path / "model" / "1"))
    assert set(model.signatures) == {"serving_default", "sample", "denoise", "bound"}


def test_data_without_a_validation_split_are_refused_before_any_work(tmp_path):
    images = tmp_path / "images" / "train"
    images.mkdir(parents=True)
    for index in range(3):
        picture = np.full((8, 8, 1), 40 * index, np.uint8)
        (images / f"{index}.png").write_bytes(tf.io.encode_png(picture).numpy())
    arguments = ["--model=made", "--dataset=folder", f"--data_dir={images.parent}"]
    with pytest.raises(ValueError, match="must have examples in a split 'validation'"):
        train.main([*arguments, f"--workdir={tmp_path / 'run'}"])
    assert not (tmp_path / "run").exists()


def test_fewer_steps_than_are_done_are_refused(run_dir, tfds_dir):
    arguments = [*TINY_FLAGS, f"--data_dir={tfds_dir}", f"--workdir={run_dir}"]
    with pytest.raises(ValueError, match="`--smoothed_num_steps` must be at least 6"):
        train.main([*arguments, "--num_steps=5"])
    assert "--smoothed_num_steps=6\n" in (run_dir / "flags.cfg").read_text()


def test_another_configuration_in_the_same_directory_is_refused(run_dir, tfds_dir):
    arguments = [*TINY_FLAGS, f"--data_dir={tfds_dir}", f"--workdir={run_dir}"]
    with pytest.raises(ValueError, match="`--noise_scale` must be 0.4 as in"):
        train.main([*arguments, "--noise_scale=0.5"])
    with pytest.raises(ValueError, match="`--reverse_hidden_units` must be 16 as in"):
        train.main([*arguments, "--reverse_hidden_units=17"])
    assert "--noise_scale=0.4\n" in (run_dir / "flags.cfg").read_text()


def variables_of(directory):
    """Every variable of the newest checkpoint of a stage."""
    reader = tf.train.load_checkpoint(directory / "checkpoints")
    names = reader.get_variable_to_shape_map()
    return {n: reader.get_tensor(n) for n in names if "OBJECT_GRAPH" not in n}


@pytest.mark.large
@pytest.mark.parametrize("attempt", range(3))
def test_a_run_killed_at_a_random_moment_ends_as_one_that_was_not(
    tmp_path, tfds_dir, attempt
):
    arguments = (
        "--flagfile=configs/digits_pixelcnnpp.cfg",
        "--num_steps=12",
        "--steps_per_call=2",
        "--checkpoint_every=4",
        "--validate_every=6",
        "--sample_every=0",
        f"--data_dir={tfds_dir}",
    )
    begin = time.monotonic()
    whole = run_command(
        "smoothing_tf.train", *arguments, f"--workdir={tmp_path / 'whole'}"
    )
    seconds = time.monotonic() - begin
    assert whole.status == 0, whole.stderr

    killed_dir = tmp_path / "killed"
    command = [sys.executable, "-m", "smoothing_tf.train", *arguments]
    process = subprocess.Popen([*command, f"--workdir={killed_dir}"], cwd=ROOT)
    moment = random.SystemRandom().uniform(0.2, 0.95) * seconds
    print(f"SIGKILL after {moment:.2f} of {seconds:.2f} s")
    time.sleep(moment)
    process.kill()
    process.wait()
    again = run_command("smoothing_tf.train", *arguments, f"--workdir={killed_dir}")
    assert again.status == 0, again.stderr

    for stage in ("smoothed", "reverse"):
        expected = variables_of(tmp_path / "whole" / stage)
        found = variables_of(killed_dir / stage)
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_array_equal(found[name], value, err_msg=name)
        rows = [History(tmp_path / d / stage).rows() for d in ("whole", "killed")]
        assert rows[0] == rows[1]
