"""A configuration survives the way through the run parameters."""

import pytest

from components.configure.node_settings import NodeSettings
from components.configure.run_parameters import (
    OWN_PARAMETERS,
    from_parameters,
    to_parameters,
)
from smoothing_tf import config as config_lib

MADE = ["--model=made", "--push_dir=/serving"]


def parse(*flags):
    return config_lib.parse([*MADE, *flags], NodeSettings)


def parameters(*flags, **changes):
    return to_parameters(*parse(*flags)) | changes


def without_baseline(config):
    return {k: v for k, v in config_lib.to_flags(config).items() if "baseline" not in k}


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["--seed=7", "--noise_scale=0.30000000000000004", "--max_bits_per_dim=3.5"],
        ["--num_steps=9", "--num_samples=0", "--push_dir=gs://bucket/models"],
        ["--smoothed_num_steps=3"],
        ["--smoothed_num_steps=3", "--reverse_num_steps=4"],
        ["--reverse_model=realnvp", "--clip_norm=1.5", "--extractors="],
        ["--dataset=folder", "--data_dir=/a b/c", "--image_size=8,6"],
        ["--beam_options=--a=1,--b=2", "--max_rejected_fraction=0.25"],
    ],
)
def test_a_configuration_is_read_back(flags):
    config, settings = parse(*flags)
    given = to_parameters(config, settings)
    read, read_settings = from_parameters(**given)
    assert without_baseline(read) == without_baseline(config)
    assert read_settings == settings
    # A flag and a parameter never say the same thing twice.
    names = {line.partition("=")[0] for line in given["flags"].splitlines()}
    assert not names & {f"--{name}" for name in OWN_PARAMETERS}
    assert not any("baseline" in name for name in names)


@pytest.mark.parametrize(
    "name, value, flag",
    [
        ("seed", 3, "--seed=3"),
        ("seed", 3.0, "--seed=3"),
        ("noise_scale", "0.25", "--noise_scale=0.25"),
        ("num_steps", 6, "--num_steps=6"),
        ("num_samples", 5, "--num_samples=5"),
        ("max_bits_per_dim", "2.5", "--max_bits_per_dim=2.5"),
        ("push_dir", "/other", "--push_dir=/other"),
    ],
)
def test_an_edited_parameter_is_the_flag(name, value, flag):
    edited, settings = from_parameters(**parameters(**{name: value}))
    config, expected = parse(flag)
    assert without_baseline(edited) == without_baseline(config)
    assert settings == expected
    assert without_baseline(config) != without_baseline(parse()[0]) or (
        expected != parse()[1]
    )


def test_a_stage_can_have_its_own_number_of_steps_in_the_text():
    given = parameters("--num_steps=6")
    given["flags"] += "--smoothed_num_steps=3\n"
    config, _ = from_parameters(**given)
    steps = {s: config.stages[s].training.num_steps for s in ("smoothed", "reverse")}
    assert steps == {"smoothed": 3, "reverse": 6}


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"seed": 1.5}, "`seed` must be of type int; got '1.5'"),
        ({"seed": -1}, "`seed` must be at least 0; got -1"),
        ({"noise_scale": "-0.5"}, "`noise_scale` must be above 0"),
        ({"noise_scale": "loud"}, "`noise_scale` must be of type float; got 'loud'"),
        ({"num_steps": 0}, "`num_steps` must be at least 1; got 0"),
        ({"num_samples": -1}, "`num_samples` must be at least 0"),
        ({"max_bits_per_dim": "0"}, "`max_bits_per_dim` must be above 0"),
        ({"push_dir": ""}, "`push_dir` must be given"),
        ({"push_dir": "s3://bucket/x"}, "begins with gs://; got 's3://bucket/x'"),
        ({"flags": "--smoothed_hidden=3\n"}, "Unknown command line flag"),
        ({"flags": "num_levels=2\n"}, "`flags`, line 1: must be a flag --name=value"),
        ({"flags": "--image=x\n"}, "Unknown command line flag 'image'"),
        ({"flags": "--help\n"}, "`flags` must hold settings; got --help"),
        ({"flags": "--cache_dir=/fast\n"}, "`--cache_dir` has no effect in the pipe"),
        ({"flags": "--num_levels=2\n"}, "`num_levels` only applies to"),
        ({"flags": "--model=made\n--num_filters=3\n"}, "does not apply to"),
        ({"flags": "--flagfile=/absent.cfg\n"}, "There is no flagfile"),
        (
            {"flags": "--seed=3\n--model=made\n-num_samples=9\n"},
            "gives --seed=3 and -num_samples=9, but there is a parameter",
        ),
        # Lines that a form has joined.
        ({"flags": "--dataset=digits--model=made"}, "must be one of digits,"),
    ],
)
def test_what_the_command_line_refuses_is_refused(changes, message):
    with pytest.raises((ValueError, OSError, config_lib.FlagError), match=message):
        from_parameters(**parameters(**changes))


def test_a_number_of_steps_that_no_stage_would_take_is_refused():
    given = parameters("--smoothed_num_steps=3", "--reverse_num_steps=4", num_steps=7)
    with pytest.raises(ValueError, match="`num_steps` has no effect: smoothed and rev"):
        from_parameters(**given)


def test_a_place_for_decoded_splits_is_refused_before_a_run():
    with pytest.raises(ValueError, match="`--cache_dir` has no effect in the pipeline"):
        parameters("--cache_dir=/fast")
    # As in the flags.cfg of a run.
    assert parameters("--cache_dir=") == parameters()


def test_without_a_push_dir_the_parameter_is_left_out():
    config, settings = config_lib.parse(["--model=made"], NodeSettings)
    assert {*OWN_PARAMETERS, "flags"} - to_parameters(config, settings).keys() == {
        "push_dir"
    }
