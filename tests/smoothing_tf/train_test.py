"""The train command: its files, resumption, and rejected flags."""

import dataclasses
import shutil

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf import artifacts, evaluate, export, sample, train, workdir
from smoothing_tf.artifacts import read_json
from smoothing_tf.data.datasets.toys import toys
from smoothing_tf.sampling.output import find_real_examples
from smoothing_tf.serving import saved_model
from smoothing_tf.training.history import History
from tests.smoothing_tf.conftest import TINY_FLAGS
from tests.testing.eagerly import eagerly


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


@pytest.mark.usefixtures("eager")
def test_more_steps_resume_where_the_run_stopped(tmp_path, tfds_dir):
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
    output = f"--output={tmp_path / 'model'}"
    export.main([f"--workdir={run}", output])
    model = tf.saved_model.load(str(tmp_path / "model" / "1"))
    assert set(model.signatures) == {
        *("serving_default", "sample", "sample_rows", "denoise"),
        *("bound", "bound_iw"),
    }


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


def test_a_stage_in_training_is_refused_before_anything_is_written(run_dir, tfds_dir):
    arguments = [*TINY_FLAGS, f"--data_dir={tfds_dir}", f"--workdir={run_dir}"]
    before = (run_dir / "flags.cfg").read_bytes()
    with artifacts.locked(run_dir / "reverse"):
        with pytest.raises(BlockingIOError, match="reverse is in use by process"):
            train.main([*arguments, "--num_steps=7"])
        # Other stages can be trained meanwhile, and readers are not blocked.
        train.main([*arguments, "--stages=baseline"])
        sample.main(
            [f"--workdir={run_dir}", "--num_samples=1", f"--output={run_dir}/s.npz"]
        )
    assert (run_dir / "flags.cfg").read_bytes() == before
    assert not list(run_dir.rglob(".*"))


@pytest.fixture(scope="module")
def moved(tmp_path_factory, make_folder):
    """A directory with a run that was moved, and with its data, elsewhere too."""
    root = tmp_path_factory.mktemp("moved")
    data = make_folder(root / "data")
    arguments = [
        *("--dataset=folder", f"--data_dir={data}", "--model=made"),
        *("--hidden_units=8", "--num_mixtures=2", "--num_steps=2", "--batch_size=4"),
    ]
    with eagerly():
        train.main([*arguments, f"--workdir={root / 'there'}"])
    (root / "there").rename(root / "run")
    data.rename(root / "elsewhere")
    return root


@pytest.fixture
def moved_run(moved):
    """A run whose directory was moved and whose data were removed."""
    yield moved / "run"
    shutil.rmtree(moved / "data", ignore_errors=True)  # What a test put there.


@pytest.mark.usefixtures("eager")
def test_a_run_can_leave_its_data(tmp_path, moved_run, capsys, monkeypatch):
    output = tmp_path / "s.npz"
    sample.main([f"--workdir={moved_run}", "--num_samples=2", f"--output={output}"])
    shown = capsys.readouterr()
    (line,) = [x for x in shown.err.splitlines() if "real" in x]
    assert line.startswith("The picture shows no real examples: ")
    assert output.with_suffix(".png").exists()
    with np.load(output) as arrays:
        assert arrays["samples"].shape == (2, 8, 8, 1)
    denoised = tmp_path / "d.npz"
    sample.main(
        [f"--workdir={moved_run}", f"--images={output}", "--denoise"]
        + [f"--output={denoised}"]
    )
    exported = []
    monkeypatch.setattr(
        saved_model, "export_saved_model", lambda *given, **_: exported.append(given)
    )
    export.main([f"--workdir={moved_run}", f"--output={tmp_path / 'model'}"])
    ((trained, version),) = exported
    assert trained.steps == {"smoothed": 2, "reverse": 2}
    assert version == tmp_path / "model" / "1"


def test_other_data_in_the_place_of_the_run_s_are_not_shown(
    moved, moved_run, make_folder, capsys
):
    data = make_folder(moved / "data")
    for split in ("train", "validation"):
        shutil.rmtree(data / split)
    experiment = workdir.load_config(moved_run)
    spec = workdir.load_data_spec(moved_run, experiment)
    splits = ("test", "validation", "train")
    assert find_real_examples(experiment.data, spec, splits) is not None
    capsys.readouterr()
    splits = ("validation", "validation", "train")
    assert find_real_examples(experiment.data, spec, splits) is None
    assert capsys.readouterr().err == (
        f"The picture shows no real examples: {data} has no split validation, train.\n"
    )
    other = dataclasses.replace(spec, event_shape=(4, 4, 1))
    assert find_real_examples(experiment.data, other, ("test",)) is None
    assert f"The data of {data} do not fit this run" in capsys.readouterr().err


def test_an_evaluation_is_told_where_the_data_are(
    tmp_path, moved, moved_run, make_folder
):
    quick = ["--num_samples=0", "--num_importance_draws=0"]
    with pytest.raises(ValueError, match="where they are now with --data_dir"):
        evaluate.main([f"--workdir={moved_run}", *quick])
    other = make_folder(tmp_path / "other", size=6)
    with pytest.raises(ValueError, match="event shape is \\(6, 6, 1\\)"):
        evaluate.main([f"--workdir={moved_run}", f"--data_dir={other}", *quick])
    data = moved / "elsewhere"
    evaluate.main([f"--workdir={moved_run}", f"--data_dir={data}", *quick])
    metrics = read_json(moved_run / "evaluation" / "metrics.json")
    assert metrics["bits_per_dim"]["n"] == 6
    assert f"--data_dir={data}" in metrics["run"]["flags"]
