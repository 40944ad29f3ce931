"""The experiment `compounding`: rejected configurations, and a quick run."""

import dataclasses

import numpy as np
import pytest

from experiments.images import compounding, digits, runs
from experiments.job import Job
from tests.experiments.images.completion_test import make_trained

FLAGS = (
    *("--dataset=digits", "--model=made", "--hidden_units=16", "--batch_size=32"),
    *("--baseline_hidden_units=159", "--num_importance_draws=0", "--sample_every=0"),
)


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--split=train"], "held-out images; got --split=train"),
        (["--class_conditional"], "without classes"),
        (["--baseline_hidden_units=16"], "as many parameters as both .* within 5%"),
    ],
)
def test_models_that_cannot_be_compared_are_not_trained(tmp_path, flags, message):
    with pytest.raises(ValueError, match=message):
        compounding.run(Job(tmp_path, flags=(*FLAGS, *flags)))
    assert not list(tmp_path.iterdir())


def test_flags_without_a_data_set_or_a_model_change_the_digits(tmp_path):
    job = Job(tmp_path, digits=tmp_path / "digits")
    flags, directory = compounding._configure(job)
    assert flags == tuple(digits.pixelcnnpp_flags())
    assert directory == tmp_path / "digits" / "pixelcnnpp"
    changed = dataclasses.replace(job, flags=("--seed=1",))
    expected = (*flags, "--seed=1"), tmp_path / "workdir"
    assert compounding._configure(changed) == expected
    for given in (FLAGS, ("--flagfile=configs/photos_pixelcnnpp.cfg",)):
        own = dataclasses.replace(job, flags=given)
        assert compounding._configure(own) == (given, tmp_path / "workdir")


def test_other_images_weights_or_seeds_are_drawn_again(tmp_path, monkeypatch):
    drawn = []

    def complete(name):
        def complete(_, x, masks, *, parts, **kwargs):
            def draw():
                drawn.append(name)
                return {"x": x}

            return parts.arrays("x", draw)["x"]

        return complete

    def complete_in_two_stages(*args, **kwargs):
        return complete("two stages")(*args, **kwargs), None

    monkeypatch.setattr(compounding, "complete_directly", complete("baseline"))
    monkeypatch.setattr(compounding, "complete_in_two_stages", complete_in_two_stages)
    trained, x = make_trained(), np.zeros((3, 2, 2, 1), np.float32)

    def count(x, seed=0):
        drawn.clear()
        size = compounding._Size(len(x), num_particles=2)
        found = compounding._complete(trained, x, size, seed, tmp_path)
        np.testing.assert_array_equal(found["baseline"].images[0.5], x)
        return drawn.count("baseline"), drawn.count("two stages")

    assert count(x) == (1, 2)
    assert count(x) == (0, 0)
    assert count(x + 0.5) == (1, 2)
    assert count(x, seed=1) == (1, 2)
    for model, expected in (
        (trained.baseline, (1, 0)),
        (trained.smoothed, (0, 2)),
        (trained.reverse, (0, 2)),
    ):
        weight = model.trainable_variables[0]
        weight.assign(weight + 1.0)
        assert count(x) == expected
    assert count(x) == (0, 0)


@pytest.mark.large
@pytest.mark.timeout(1800)
def test_a_quick_run_completes_images_and_a_second_run_only_reads(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(runs, "_QUICK_STEPS", 10)
    job = Job(tmp_path, quick=True, flags=FLAGS, num_seeds=2)
    result = compounding.run(job)
    rows = result.tables["table"].rows
    assert [row["share drawn"] for row in rows] == [
        0.0,
        *np.repeat([0.25, 0.5, 0.75, 1.0], 3),
    ]
    itself = rows[0]
    assert itself["fd_classifier"].value == itself["fd_randconv"].value == 0.0
    assert itself["same_class"].value > 0.8
    # Ten steps teach little: what is drawn does not look real.
    assert rows[-1]["fd_randconv"].value > 3.0 * rows[-1]["fd_randconv"].error
    assert any(note.startswith("Parameters:") for note in result.tables["table"].notes)
    differences = result.tables["differences"].rows
    assert [row["share drawn"] for row in differences] == [0.25, 0.5, 0.75, 1.0]
    values = [
        next(row for row in rows[1:4] if row["model"] == model)["same_class"].value
        for model in ("baseline", "two stages, 2 particles")
    ]
    assert differences[0]["same_class"].value == pytest.approx(values[0] - values[1])
    assert "2 trainings" in result.tables["table"].notes[-1]
    assert set(result.figures) == {"figure", "completions"}
    stored = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")}
    assert len([path for path in stored if "completions" in str(path)]) == 2 * 3
    assert compounding.run(job).tables == result.tables
    assert stored == {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.npz")}
