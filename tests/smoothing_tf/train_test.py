"""The train command: what it writes, how it goes on, what it refuses."""

import pytest

from smoothing_tf import train, workdir
from smoothing_tf.training.history import History
from tests.smoothing_tf.conftest import TINY_FLAGS


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


def test_another_configuration_in_the_same_directory_is_refused(run_dir, tfds_dir):
    arguments = [*TINY_FLAGS, f"--data_dir={tfds_dir}", f"--workdir={run_dir}"]
    with pytest.raises(ValueError, match="`--noise_scale` must be 0.4 as in"):
        train.main([*arguments, "--noise_scale=0.5"])
    with pytest.raises(ValueError, match="`--reverse_hidden_units` must be 16 as in"):
        train.main([*arguments, "--reverse_hidden_units=17"])
    assert "--noise_scale=0.4\n" in (run_dir / "flags.cfg").read_text()
