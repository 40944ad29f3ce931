"""The experiment `compounding`: rejected configurations, and a quick run."""

import numpy as np
import pytest

from experiments.images import compounding, runs
from experiments.job import Job

FLAGS = (
    *("--dataset=digits", "--model=made", "--hidden_units=16", "--batch_size=32"),
    *("--num_importance_draws=0", "--sample_every=0"),
)


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--split=train"], "held-out images; got --split=train"),
        (["--class_conditional"], "without classes"),
    ],
)
def test_models_that_cannot_be_compared_are_not_trained(tmp_path, flags, message):
    with pytest.raises(ValueError, match=message):
        compounding.run(Job(tmp_path, flags=(*FLAGS, *flags)))
    assert not list(tmp_path.iterdir())


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
    differences = result.tables["differences"].rows
    assert [row["share drawn"] for row in differences] == [0.25, 0.5, 0.75, 1.0]
    values = [
        next(row for row in rows[1:4] if row["model"] == model)["same_class"].value
        for model in ("baseline", "two stages, 2 particles")
    ]
    assert differences[0]["same_class"].value == pytest.approx(values[0] - values[1])
    assert "2 trainings" in result.tables["table"].notes[-1]
    assert set(result.figures) == {"figure", "completions"}
    monkeypatch.setattr(compounding, "complete_directly", None)
    monkeypatch.setattr(compounding, "complete_in_two_stages", None)
    assert compounding.run(job).tables == result.tables
