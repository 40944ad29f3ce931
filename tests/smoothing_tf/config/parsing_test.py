"""Flags to a configuration and back, and every way to get them wrong."""

import dataclasses
import pathlib

import pytest
from absl import flags

from smoothing_tf import config
from smoothing_tf.config.help_text import help_text
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.models import MODELS
from smoothing_tf.settings import setting, type_of, validate
from smoothing_tf.stage import Stage

CONFIGS = sorted((pathlib.Path(__file__).parents[2] / "configs").glob("*.cfg"))


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of an example."""

    place: str = setting(None, "Where.")
    is_loud: bool = setting(False, "How.")
    names: tuple[str, ...] = setting((), "Who.", choices=("a", "b"))

    def __post_init__(self):
        validate(self)


def test_a_flagfile_of_all_settings_gives_the_same_configuration():
    original = config.parse(
        ["--reverse_model=made", "--hidden_units=3,4", "--noise_scale=0.3"]
    )
    again = config.parse(config.to_flagfile(original).splitlines())
    assert again == original


def test_a_setting_holds_for_all_stages_and_a_stages_own_wins():
    parsed = config.parse(["--reverse_batch_size=7", "--batch_size=80"])
    sizes = [parsed.stages[stage].training.batch_size for stage in Stage]
    assert sizes == [80, 7, 80]


def test_a_setting_reaches_only_the_models_that_have_it():
    parsed = config.parse(["--smoothed_model=made", "--num_resnet=2", "--dropout=0.1"])
    assert parsed.stages["reverse"].model_config.num_resnet == 2
    assert parsed.stages["smoothed"].model_config.dropout == 0.1
    assert not hasattr(parsed.stages["smoothed"].model_config, "num_resnet")


def test_none_has_a_name_of_its_own():
    parsed = config.parse(["--noise_scale=auto", "--clip_norm=none"])
    assert parsed.smoothing.noise_scale is None
    assert parsed.stages["smoothed"].training.clip_norm is None
    given = config.parse(["--clip_norm=1", "--reverse_clip_norm=none"])
    assert given.stages["smoothed"].training.clip_norm == 1.0
    assert given.stages["reverse"].training.clip_norm is None


def test_flags_after_a_flagfile_win(tmp_path):
    path = tmp_path / "example.cfg"
    path.write_text("# A comment.\n--seed=3\n--batch_size=11\n")
    parsed = config.parse([f"--flagfile={path}", "--seed=4"])
    assert parsed.seed == 4
    assert parsed.stages["reverse"].training.batch_size == 11


@pytest.mark.parametrize(
    "argument, message",
    [
        ("--batch_siz=3", "Unknown command line flag 'batch_siz'. Did you mean"),
        ("--batch_size=0", "`batch_size` must be at least 1; got 0"),
        ("--batch_size=x", "`batch_size` must be of type int; got 'x'"),
        ("--dropout=1", "`dropout` must be below 1.0; got 1.0"),
        (
            "--model=gan",
            "`model` must be one of made, pixelcnn, gated_pixelcnn, pixelcnnpp,"
            " realnvp; got 'gan'",
        ),
        ("--dataset=x", "`dataset` must be one of digits, photos"),
        ("--smoothing=x", "`smoothing` must be one of gaussian"),
        ("--noise_scale=-1", "`noise_scale` must be above 0"),
        ("--head=x", "`head` must be one of"),
        ("--reverse_learning_rate=nan", "`learning_rate` must be above 0"),
    ],
)
def test_a_wrong_flag_is_named_with_the_rule(argument, message):
    with pytest.raises(flags.Error) as error:
        config.parse([argument])
    assert message in str(error.value)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["surplus"], "Every argument must be a flag --name=value; got 'surplus'"),
        (["--hidden_units=3"], "apply to --model=pixelcnnpp; it is a setting of made."),
        (
            ["--model=made", "--baseline_num_resnet=3"],
            "`--baseline_num_resnet` does not apply to --model=made; it is a setting",
        ),
    ],
)
def test_a_flag_that_does_not_apply_is_rejected(arguments, message):
    with pytest.raises(ValueError, match=message):
        config.parse(arguments)


def test_a_general_flag_that_leaves_no_stage_to_set_is_rejected():
    own = [f"--{stage}_num_steps=3" for stage in Stage]
    with pytest.raises(ValueError, match="`--num_steps` has no effect: smoothed, rev"):
        config.parse([*own, "--num_steps=4"])
    assert config.parse([*own[:2], "--num_steps=4"]).stages["baseline"].training


def test_a_commands_own_options_join_those_of_the_run():
    parsed, options = config.parse(
        ["--place=here", "--is_loud", "--names=b,a", "--seed=2"], Options
    )
    assert parsed.seed == 2
    assert options == Options("here", True, ("b", "a"))


def test_a_required_option_must_be_given():
    with pytest.raises(ValueError, match="`--place` must be given: Where."):
        config.parse_options([], Options)


def test_an_instance_gives_the_defaults():
    (options,) = config.parse_options(["--names=a"], Options("there", True))
    assert options == Options("there", True, ("a",))


def test_changes_are_the_flags_that_were_given():
    options, changes = config.parse_changes(
        ["--place=here", "--num_draws=3", "--max_examples=all"],
        Options,
        EvaluationConfig,
    )
    assert options == Options("here")
    assert changes == {"num_draws": 3, "max_examples": None}
    with pytest.raises(flags.Error, match="`num_draws` must be at least 1; got 0"):
        config.parse_changes(["--num_draws=0"], Options, EvaluationConfig)


def test_help_names_every_flag():
    with pytest.raises(config.HelpRequested) as requested:
        config.parse(["--help"], Options, usage="Does something.")
    request = requested.value
    text = help_text(request.usage, request.groups, request.stage_classes)
    assert text.startswith("Does something.")
    for name in ("place", "seed", "noise_scale", "num_filters", "ema_momentum"):
        assert f"--{name}  (" in text
    assert "--place  (required)" in text
    assert "--reverse_" in text


def test_models_that_share_a_flag_agree_on_its_type():
    types = {}
    for entry in MODELS.values():
        for field in dataclasses.fields(entry.config):
            field_type = type_of(entry.config, field)
            assert types.setdefault(field.name, field_type) == field_type


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_flagfile_parses(path):
    config.parse([f"--flagfile={path}"])


def test_parsing_leaves_the_flags_of_the_process_alone():
    before = set(flags.FLAGS)
    config.parse(["--seed=1"])
    assert set(flags.FLAGS) == before


def test_a_configuration_without_conversions_of_images_still_loads():
    lines = config.to_flagfile(config.parse([])).splitlines()
    names = ("--image_mode=", "--image_size=", "--num_levels=")
    old = [line for line in lines if not line.startswith(names)]
    assert len(old) == len(lines) - 3
    assert config.parse(old) == config.parse([])


def test_conversions_of_images_survive_a_flagfile():
    flags = ["--dataset=folder", "--data_dir=x", "--image_mode=grey"]
    flags += ["--image_size=8,6", "--num_levels=2"]
    parsed = config.parse(flags)
    assert parsed.data.image_size == (8, 6)
    assert config.parse(config.to_flagfile(parsed).splitlines()) == parsed
