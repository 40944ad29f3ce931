"""The configuration of a run: when it is fixed, which changes are allowed, damage."""

import dataclasses

import pytest

from smoothing_tf import artifacts, config, run_files
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.data.dataset import open_dataset
from smoothing_tf.training.start_record import StartRecord

FLAGS = ("--model=made", "--hidden_units=16", "--num_mixtures=2")
DATA = DataSpec("digits", "images", (8, 8, 1), 17)


def parse(*flags):
    return config.parse([*FLAGS, "--noise_scale=0.4", *flags])


def save(workdir, *flags, stages=("smoothed",)):
    with run_files.locked_stages(workdir, stages):
        return run_files.save_config(parse(*flags), DATA, workdir, stages)


def begin(workdir, stage="smoothed"):
    """Makes the stage look as if its first step had been taken."""
    training = run_files.load_config(workdir).stages[stage].training
    StartRecord(workdir / stage).write(training, 1.0)


def test_the_configuration_is_fixed_from_the_first_step_on(tmp_path):
    save(tmp_path)
    # A typo that was noticed before costs nothing.
    save(tmp_path, "--noise_scale=0.5", "--seed=3", "--num_mixtures=3")
    begin(tmp_path)
    for flag in ("--noise_scale=0.4", "--seed=4", "--smoothed_num_mixtures=4"):
        name = flag.partition("=")[0]
        with pytest.raises(ValueError, match=f"`{name}` must be .* got"):
            save(tmp_path, "--noise_scale=0.5", "--seed=3", "--num_mixtures=3", flag)
    stored = run_files.load_config(tmp_path)
    assert stored.smoothing.noise_scale == 0.5 and stored.seed == 3
    assert not list(tmp_path.glob(".*"))


def test_the_configuration_is_fixed_while_another_process_trains(tmp_path):
    save(tmp_path)
    with run_files.locked_stages(tmp_path, ["smoothed"]):
        with pytest.raises(ValueError, match="`--noise_scale` must be 0.4"):
            save(tmp_path, "--noise_scale=0.5", stages=["reverse"])
        save(tmp_path, "--reverse_num_mixtures=3", stages=["reverse"])
    assert not (tmp_path / "baseline").exists()


def test_a_refused_run_leaves_no_directories(tmp_path):
    save(tmp_path)
    begin(tmp_path)
    with pytest.raises(ValueError, match="`--seed`"):
        save(tmp_path, "--seed=1", stages=["reverse", "baseline"])
    assert {path.name for path in tmp_path.iterdir()} == {
        "smoothed",
        "flags.cfg",
        "data.json",
    }


def test_the_optimizer_may_change_where_a_stage_takes_steps(tmp_path):
    save(tmp_path)
    begin(tmp_path)
    begin(tmp_path, "reverse")
    changed = ("--learning_rate=0.5", "--learning_rate_decay=0.9", "--clip_norm=2")
    written = save(tmp_path, *changed)
    stored = run_files.load_config(tmp_path)
    assert stored == written
    training = stored.stages["smoothed"].training
    assert (training.learning_rate, training.clip_norm) == (0.5, 2.0)
    # A stage that takes no step now keeps the settings it was trained with.
    training = stored.stages["reverse"].training
    assert (training.learning_rate, training.clip_norm) == (2e-4, None)
    # A stage that has not begun may change.
    assert stored.stages["baseline"].training.learning_rate == 0.5
    with pytest.raises(ValueError, match="`--smoothed_adam_beta_2` must be 0.999"):
        save(tmp_path, "--adam_beta_2=0.9")


def test_the_length_of_a_cosine_is_fixed_and_its_rate_is_not(tmp_path):
    cosine = "--learning_rate_schedule=cosine"
    save(tmp_path, cosine)
    begin(tmp_path)
    save(tmp_path, cosine, "--learning_rate=0.5")
    with pytest.raises(ValueError, match="`--smoothed_num_steps` must be 5000"):
        save(tmp_path, cosine, "--num_steps=6000")


def test_a_run_keeps_its_automatic_noise_scale(tmp_path, tfds_dir):
    def resolve(*flags):
        experiment = config.parse([*FLAGS, f"--data_dir={tfds_dir}", *flags])
        return run_files.resolve(experiment, tmp_path).smoothing.noise_scale

    measured = resolve()
    assert measured == resolve() != 0.4
    save(tmp_path, f"--data_dir={tfds_dir}")
    assert resolve() == measured
    begin(tmp_path)
    assert resolve() == 0.4
    # The number belongs to its data and its smoothing.
    assert resolve("--smoothing=laplace") == measured
    assert resolve("--dataset=ring", "--data_dir=") not in (0.4, measured)
    assert resolve("--noise_scale=0.7") == 0.7


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: b"".join(content.splitlines(keepends=True)[:-1]),
        lambda content: content[:-1],
        lambda content: content[:-2],
        lambda content: b"\x00\xff" * 30,
        lambda content: content.replace(b"--seed=0", b"--seed=x"),
        lambda content: content.replace(b"--seed=0", b"--sees=0"),
        lambda content: content.replace(b"--seed=0", b"seed"),
    ],
)
def test_a_damaged_flags_file_is_named(tmp_path, damage):
    save(tmp_path)
    path = tmp_path / artifacts.FLAGS_FILE
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError) as error:
        run_files.load_config(tmp_path)
    message = str(error.value)
    assert message.startswith(str(path)) and "Restore it" in message


def test_data_of_another_kind_cannot_take_the_place_of_the_run_s(tmp_path):
    save(tmp_path)
    other = dataclasses.replace(DATA, num_levels=16)
    with run_files.locked_stages(tmp_path, ["smoothed"]):
        run_files.save_config(parse(), other, tmp_path, ["smoothed"])
        begin(tmp_path)
        with pytest.raises(ValueError, match="--data_dir do not fit this run"):
            run_files.save_config(parse(), DATA, tmp_path, ["smoothed"])
    assert run_files.load_data_spec(tmp_path, parse()) == other


def test_damaged_facts_about_the_data_are_named(tmp_path):
    save(tmp_path)
    for text in ("", "{", "[1]", '{"name": 1}'):
        (tmp_path / "data.json").write_text(text)
        with pytest.raises(ValueError, match="data.json is damaged"):
            run_files.load_data_spec(tmp_path, parse())


def test_without_stored_facts_the_data_are_opened(tmp_path, tfds_dir):
    experiment = parse(f"--data_dir={tfds_dir}")
    expected = DataSpec.of(open_dataset(experiment.data))
    assert run_files.load_data_spec(tmp_path, experiment) == expected
    gone = parse("--dataset=folder", f"--data_dir={tmp_path / 'gone'}")
    with pytest.raises(ValueError, match="There is no data.json .* --data_dir=DIR"):
        run_files.load_data_spec(tmp_path, gone)


def test_leftovers_of_killed_writers_are_removed_and_nothing_else(tmp_path):
    names = (".flags.tmp-abcd1234.cfg", ".data.tmp-abcd1234.json")
    for name in (*names, ".samples.tmp-abcd1234.npz"):
        (tmp_path / name).touch()
    save(tmp_path)
    assert [path.name for path in tmp_path.glob(".*")] == [".samples.tmp-abcd1234.npz"]
