"""Class-conditional runs by the commands: training, samples, evaluation."""

import dataclasses
import json

import numpy as np
import pytest

from smoothing_tf import config, evaluate, run_files, sample, train, workdir
from smoothing_tf.data.dataset import DataConfig, Dataset, open_dataset
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.numerics import levels_to_uint8
from smoothing_tf.sampling import tasks
from smoothing_tf.sampling.output import find_real_examples
from tests.testing.eagerly import eagerly
from tests.testing.tiny_data import tiny_arrays

_TINY = (
    "--dataset=digits",
    "--model=made",
    "--hidden_units=8",
    "--num_mixtures=1",
    "--num_steps=2",
    "--batch_size=8",
    "--sample_every=0",
    "--noise_scale=0.4",
    "--num_importance_draws=0",
    "--num_samples=0",
    "--max_examples=20",
)


@pytest.fixture(scope="module")
def class_run(tmp_path_factory):
    """A tiny class-conditional run of all stages."""
    directory = tmp_path_factory.mktemp("run")
    stages = "--stages=smoothed,reverse,baseline"
    with eagerly():
        train.main([*_TINY, "--class_conditional", stages, f"--workdir={directory}"])
    return directory


def draw(run, output, *flags):
    sample.main([f"--workdir={run}", f"--output={output}", *flags])
    with np.load(output) as arrays:
        return dict(arrays)


def test_a_run_stores_its_classes_and_their_frequencies(class_run):
    trained = workdir.load(class_run)
    assert all(model.num_classes == 10 for model in trained.models.values())
    assert trained.classes.names == tuple("0123456789")
    assert sum(trained.classes.frequencies) == pytest.approx(1.0)
    assert all(0.08 < share < 0.12 for share in trained.classes.frequencies)


def test_samples_are_of_a_class_of_all_or_of_drawn_ones(class_run, tmp_path):
    seven = draw(class_run, tmp_path / "7.npz", "--class=7", "--num_samples=3")
    np.testing.assert_array_equal(seven["label"], [7, 7, 7])
    every = draw(class_run, tmp_path / "all.npz", "--class=all", "--num_samples=2")
    np.testing.assert_array_equal(every["label"], np.repeat(np.arange(10), 2))
    assert (tmp_path / "all.png").exists()
    drawn = draw(class_run, tmp_path / "drawn.npz", "--num_samples=5")["label"]
    assert drawn.shape == (5,) and len(set(drawn)) > 1
    for name in ("ten", "10"):
        with pytest.raises(ValueError, match="number from 0 to 9 or a name: 0, 1"):
            draw(class_run, tmp_path / "x.npz", f"--class={name}")


def test_the_picture_of_a_class_shows_real_examples_of_it(
    class_run, tmp_path, monkeypatch
):
    shown = []
    picture = tasks.picture_samples
    monkeypatch.setattr(
        tasks,
        "picture_samples",
        lambda real, *args: shown.append(real) or picture(real, *args),
    )
    draw(class_run, tmp_path / "7.npz", "--class=7", "--num_samples=1")
    draw(class_run, tmp_path / "any.npz", "--num_samples=1")
    data = open_dataset(workdir.load_config(class_run).data)
    sevens = data.array("test")[data.labels("test") == 7]
    of_seven, of_all = shown
    np.testing.assert_array_equal(of_seven[:], levels_to_uint8(sevens, 17))
    assert 0 < len(sevens) < len(of_all) == data.num_examples["test"]
    spec = workdir.load_data_spec(class_run, workdir.load_config(class_run))
    other = dataclasses.replace(spec, class_names=("cat",) * 10)
    assert find_real_examples(DataConfig(), other, ("test",), 7) is None


def test_an_evaluation_reports_the_bound_with_and_without_the_class(class_run):
    evaluate.main([f"--workdir={class_run}"])
    metrics = json.loads((class_run / "evaluation" / "metrics.json").read_text())
    for name in ("bits_per_dim", "bits_per_dim_train", "bits_per_dim_baseline"):
        assert metrics[name]["given"] == "label"
    for name in ("bits_per_dim_marginal", "bits_per_dim_baseline_marginal"):
        assert metrics[name]["n"] == 20 and np.isfinite(metrics[name]["value"])
        assert "given" not in metrics[name]
    for name in ("class_accuracy", "class_accuracy_baseline"):
        assert 0.0 <= metrics[name]["value"] <= 1.0


def test_classes_are_a_setting_of_a_stage():
    stages = config.parse(["--class_conditional", "--noreverse_class_conditional"])
    given = [stages.stages[s].choice.class_conditional for s in stages.stages]
    assert given == [True, False, True]
    assert not config.parse([]).is_class_conditional(["smoothed", "reverse"])


def test_data_without_labels_are_refused_before_any_work(tmp_path):
    source = source_from_arrays("unlabeled", tiny_arrays(), 4)
    experiment = config.parse([*_TINY[1:], "--class_conditional"])
    with pytest.raises(ValueError, match="needs data with labels; 'unlabeled' has"):
        workdir.train(experiment, Dataset(source), tmp_path / "run", ["smoothed"])
    assert not (tmp_path / "run").exists()


def test_a_class_needs_a_class_conditional_run(run_dir, tmp_path):
    with pytest.raises(ValueError, match="`--class` needs a class-conditional model"):
        draw(run_dir, tmp_path / "x.npz", "--class=1")


def test_facts_of_an_earlier_version_have_no_frequencies(class_run, tmp_path):
    facts = json.loads((class_run / run_files.DATA_FILE).read_text())
    for name in ("num_classes", "class_frequencies"):
        del facts[name]
    (tmp_path / run_files.DATA_FILE).write_text(json.dumps(facts))
    spec = run_files.stored_data_spec(tmp_path)
    assert spec.num_classes == 10 and spec.class_frequencies is None
