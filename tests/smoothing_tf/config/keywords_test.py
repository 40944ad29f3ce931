"""Configurations from keyword arguments."""

import pathlib

import pytest

from smoothing_tf import config
from smoothing_tf.config import configure


def test_keywords_are_flags():
    made = configure(
        dataset="rings",
        model="made",
        hidden_units=[8, 4],
        num_steps=20,
        reverse_num_steps=30,
        clip_norm=None,
        noise_scale="auto",
        split="validation",
        seed=3,
    )
    flags = ["--dataset=rings", "--model=made", "--hidden_units=8,4", "--num_steps=20"]
    flags += ["--reverse_num_steps=30", "--clip_norm=none", "--split=validation"]
    assert made == config.parse([*flags, "--seed=3"])


def test_keywords_override_a_flagfile(tmp_path):
    path = tmp_path / "example.cfg"
    path.write_text("--model=made\n--batch_size=11\n--seed=2\n")
    made = configure(path, seed=4, data_dir=pathlib.Path("somewhere"))
    assert (made.seed, made.data.data_dir) == (4, "somewhere")
    assert made.stages["reverse"].training.batch_size == 11


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"num_step": 3}, "no setting 'num_step'. Did you mean 'num_steps'"),
        ({"help": True}, "There is no setting 'help'"),
        ({"stages": "baseline"}, "There is no setting 'stages'"),
        ({"num_steps": 0}, "`num_steps` must be at least 1; got 0"),
        ({"num_steps": 2.5}, "`num_steps` must be of type int; got '2.5'"),
        ({"model": "gan"}, "`model` must be one of made, pixelcnn"),
        ({"hidden_units": (3,)}, "does not apply to --model=pixelcnnpp"),
    ],
)
def test_a_wrong_setting_is_named_with_the_rule(settings, message):
    with pytest.raises(ValueError, match=message):
        configure(**settings)
