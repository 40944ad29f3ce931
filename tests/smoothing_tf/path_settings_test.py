"""Paths and texts on the way from a command line to flags.cfg and back."""

import dataclasses
import importlib
import inspect
import pkgutil
import pwd
import re

import pytest
from absl import flags

import benchmarks
import components
import pipeline
import smoothing_tf
from smoothing_tf import config, workdir
from smoothing_tf.data.dataset import DataConfig
from smoothing_tf.demo import DemoOptions
from smoothing_tf.settings import rules_of, setting, text_of, type_of, validate
from smoothing_tf.train import TrainOptions

_PATH_NAME = re.compile(r"(_dir|_root|_file|path)$")
_PATH_NAMES = {
    *("workdir", "output", "images", "mask", "checkpoint", "export", "input"),
    *("bless_against", "compare", "graph"),
}


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of an example."""

    place: str = setting("here", "Where.", is_path=True)
    note: str | None = setting(None, "Why.", none_name="")
    store: str | None = setting(None, "Whither.", is_path=True, url_schemes=("gs",))
    words: tuple[str, ...] = setting((), "Which.")
    rate: float = setting(0.5, "How fast.")

    def __post_init__(self):
        validate(self)


def parsed(*arguments):
    (options,) = config.parse_options(arguments, Options)
    return options


def _config_classes():
    """Every dataclass of settings in the project."""
    for package in (smoothing_tf, components, pipeline, benchmarks):
        prefix = f"{package.__name__}."
        for module in pkgutil.walk_packages(package.__path__, prefix):
            name = module.name.rpartition(".")[2]
            if package is benchmarks and name.startswith("torch_"):
                continue  # PyTorch, which it needs, is not always installed.
            names = vars(importlib.import_module(module.name)).values()
            for value in names:
                is_class = inspect.isclass(value) and dataclasses.is_dataclass(value)
                if is_class and any(f.metadata for f in dataclasses.fields(value)):
                    yield value


def test_every_setting_that_is_a_path_is_marked_as_one():
    found = set()
    for config_class in set(_config_classes()):
        for field in dataclasses.fields(config_class):
            if type_of(config_class, field).base is not str:
                continue
            is_named = field.name in _PATH_NAMES or _PATH_NAME.search(field.name)
            # The name of a kind of model elsewhere.
            is_named = is_named or (config_class, field.name) == (DemoOptions, "model")
            assert bool(is_named) == rules_of(field).is_path, (config_class, field.name)
            found |= {field.name} if is_named else set()
    assert found == _PATH_NAMES | {
        *("cache_dir", "checkpoint_root", "data_dir", "inception_dir"),
        *("model", "pipeline_root", "push_dir", "token_file"),
    }


def test_a_tilde_is_the_home_directory(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", "/home/of/me")
    assert parsed("--place=~/runs/x").place == "/home/of/me/runs/x"
    assert parsed("--place", "~").place == "/home/of/me"
    root = pwd.getpwuid(0)
    assert parsed(f"--place=~{root.pw_name}/x").place == f"{root.pw_dir}/x"
    assert parsed("--place=./~/x").place == "./~/x"
    assert parsed("--place=a~b").place == "a~b"
    assert parsed("--note=~/x").note == "~/x"
    with pytest.raises(flags.Error, match="'nobody-at-all', but there is no such user"):
        parsed("--place=~nobody-at-all/x")
    path = tmp_path / "a.cfg"
    path.write_text("--data_dir=~/data\n--inception_dir=~/inception\n")
    experiment = config.parse([f"--flagfile={path}"])
    assert experiment.data.data_dir == "/home/of/me/data"
    assert experiment.evaluation.inception_dir == "/home/of/me/inception"
    _, options = config.parse(["--workdir=~/runs"], TrainOptions)
    assert options.workdir == "/home/of/me/runs"


@pytest.mark.parametrize(
    "url", ["gs://bucket/run", "s3://b", "hdfs:///a", "gs:/bucket/run", "file:///tmp/x"]
)
def test_urls_are_refused(url):
    with pytest.raises(flags.Error, match="must be a path on this machine, not a URL"):
        parsed(f"--place={url}")
    with pytest.raises(ValueError, match="`data_dir` must be a path on this machine"):
        DataConfig("folder", url)


def test_a_colon_makes_no_url():
    for path in ("./gs:/bucket", "/data/10:30", "10:30/x", "a:b"):
        assert parsed(f"--place={path}").place == path
    options = ("--temp_location=gs://bucket/tmp", "--region=x")
    assert parsed(f"--words={','.join(options)}").words == options


@pytest.mark.parametrize(
    "text",
    ["a\n--seed=77", "a\rb", "a\0b", "\x1b[31m", "a\tb", "a\x7f", "a\x85b", "a\u2028b"],
)
def test_control_characters_are_refused(text):
    for flag in ("place", "note", "words"):
        with pytest.raises(flags.Error, match=f"`{flag}` must not contain control"):
            parsed(f"--{flag}={text}")
    with pytest.raises(
        ValueError, match="`data_dir` must not contain control"
    ) as error:
        DataConfig("folder", text)
    assert text not in str(error.value)


def test_bytes_that_are_not_text_are_rejected():
    with pytest.raises(flags.Error, match="`place` must not contain control"):
        parsed("--place=" + b"Gr\xf6\xdfe".decode(errors="surrogateescape"))


def test_no_value_injects_a_flag():
    with pytest.raises(flags.Error, match="`data_dir` must not contain control"):
        config.parse(["--data_dir=data\n--seed=77"])


@pytest.mark.parametrize("text", [" a", "a ", "\u00a0a"])
def test_what_a_flagfile_would_trim_is_refused(text):
    for flag in ("place", "note"):
        with pytest.raises(flags.Error, match=f"`{flag}` must not begin or end with"):
            parsed(f"--{flag}={text}")


def test_an_empty_path_is_refused():
    with pytest.raises(flags.Error, match="`place` must name a path; got an empty one"):
        parsed("--place=")
    assert parsed("--note=").note is None
    with pytest.raises(ValueError, match="`data_dir` must not be ''; give None"):
        DataConfig("digits", "")


@pytest.mark.parametrize(
    "data_dir",
    [
        None,
        "a b",
        "#a",
        "a # b",
        "//a",
        "'a'",
        '"a"',
        'a"b',
        "a\\nb",
        "--seed=77",
        "$HOME",
        "a=b",
        "none",
        "./~",
        "Gr\u00f6\u00dfe",
        "\u65e5\u672c",
        "a,b",
    ],
)
def test_a_flagfile_gives_the_same_path_back(tmp_path, data_dir):
    experiment = config.parse([])
    data = dataclasses.replace(experiment.data, data_dir=data_dir)
    experiment = dataclasses.replace(experiment, data=data)
    path = tmp_path / "flags.cfg"
    path.write_text(config.to_flagfile(experiment), encoding="utf-8")
    assert config.read_run(path) == experiment
    assert config.parse([f"--flagfile={path}"]) == experiment


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("",),
        ("a", ""),
        ("", ""),
        ("a,b", "c"),
        ('"a"', 'b"c', "'d'"),
        ("--experiments=a,b", "--x=gs://y/z"),
        ("a b", "#"),
    ],
)
def test_the_elements_of_a_tuple_come_back(words):
    field = {f.name: f for f in dataclasses.fields(Options)}["words"]
    assert parsed(f"--words={text_of(field, words)}").words == words


def test_a_url_takes_the_place_of_a_path_where_its_scheme_is_allowed():
    assert parsed("--store=gs://bucket/a").store == "gs://bucket/a"
    assert parsed("--store=~root/a").store.endswith("/root/a")
    with pytest.raises(flags.Error, match="a path, or a URL that begins with gs://;"):
        parsed("--store=s3://bucket/a")


def test_plain_lists_need_no_quotes():
    assert parsed("--words=a, b ,c").words == ("a", "b", "c")
    with pytest.raises(flags.Error, match="must be a list with commas"):
        parsed('--words="a')


@pytest.mark.parametrize("rate", [0.1, 1 / 3, 1e-300, 2**53 + 1.0, 5, 1e22, -0.0])
def test_a_number_comes_back_to_the_last_bit(rate):
    field = {f.name: f for f in dataclasses.fields(Options)}["rate"]
    again = parsed(f"--rate={text_of(field, rate)}").rate
    assert again == rate and str(again) == str(float(rate))


def test_a_damaged_flags_cfg_is_not_taken_for_defaults(tmp_path):
    whole = config.to_flagfile(config.parse(["--seed=7"]))
    path = tmp_path / "flags.cfg"
    for text, message in (
        ("", "is empty: it must hold every setting"),
        ("# Nothing else.\n", "is empty"),
        (whole[: len(whole) // 2], "is cut"),
        (whole.replace("--smoothed_batch_size=50", "--smooth3d_"), "damaged, or of an"),
        (whole.replace("--smoothed_batch_size=50", "--smoothed_batch_size=0"), "damag"),
        (whole[: -len("--baseline_checkpoint_every=500\n")], "is cut"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError) as error:
            config.read_run(path)
        assert str(error.value).startswith(f"{path} ")
        assert message in str(error.value)
    with pytest.raises(ValueError, match="flags.cfg"):
        workdir.load_config(tmp_path)
    path.write_text(whole)
    assert workdir.load_config(tmp_path).seed == 7
