"""Runs side by side: paired differences, and what their errors leave out."""

import json
import re

import numpy as np
import pytest

from smoothing_tf import evaluate
from smoothing_tf.evaluation.comparison_page import comparison_lines, write_comparison
from tests.testing.browser import look_at
from tests.testing.evaluated_runs import SCORES, write_run

DIFFERENCE = np.array([0.1, 0.0, 0.3, 0.2])


def compare(tmp_path, *changes):
    """Compares a run with others that differ from it; returns (result, page)."""
    directories = [write_run(tmp_path / "first")]
    for i, change in enumerate(changes):
        directories.append(write_run(tmp_path / f"other{i}", **change))
    compared = write_comparison(directories, tmp_path / "out")
    page = (tmp_path / "out" / "comparison.html").read_text()
    assert json.loads((tmp_path / "out" / "comparison.json").read_text()) == compared
    return compared, " ".join(re.sub("<[^>]*>", " ", page).split())


def test_differences_are_taken_image_by_image(tmp_path):
    change = {"scores": SCORES + DIFFERENCE, "flags": {"num_filters": "48"}}
    compared, page = compare(tmp_path, change)
    row = compared["likelihoods"]["bits_per_dim"]
    nothing, difference = row["differences"]
    assert nothing is None
    assert difference["value"] == pytest.approx(DIFFERENCE.mean())
    assert difference["se"] == pytest.approx(DIFFERENCE.std(ddof=1) / 2.0)
    assert compared["settings"] == {"num_filters": ["", "48"]}
    assert "They leave out the spread over trainings" in page
    assert row["over_trainings"] is None
    assert "Fréchet distance ↓ two-step 1.50 ± 0.10 (4) 1.50 ± 0.10 (4)" in page
    assert comparison_lines(compared) == [
        "bits_per_dim: other0 minus first is 0.15 +- 0.06 bits per dimension"
        " (4 test examples, paired)"
    ]


def test_runs_that_differ_in_their_seed_give_the_spread_over_trainings(tmp_path):
    changes = [
        {"scores": SCORES + shift, "flags": {"seed": f"{seed}"}}
        for seed, shift in ((1, 0.1), (2, 0.3))
    ]
    compared, page = compare(tmp_path, *changes)
    assert compared["only_seeds_differ"]
    spread = compared["likelihoods"]["bits_per_dim"]["over_trainings"]
    expected = np.std([0.0, 0.1, 0.3], ddof=1)
    assert spread["std"] == pytest.approx(expected)
    assert spread["se"] == pytest.approx(expected / np.sqrt(3.0))
    assert spread["n"] == 3
    assert "These runs differ only in their seed." in page
    assert "Mean of 3 trainings 2.63 ± 0.09" in page


def test_other_quantities_and_other_extractors_are_not_put_side_by_side(tmp_path):
    change = {"changes": {"given": "label"}, "extractor": "ff" * 32}
    compared, page = compare(tmp_path, change)
    assert compared["likelihoods"] == compared["samples"] == {}
    first, second = compared["not_comparable"]
    assert "bits_per_dim is not the same quantity in all runs" in first
    assert "extractor randconv are left out: its weights differ" in second
    assert first in page and "No setting differs" in page


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "`--workdir` must be given: Directory of the run."),
        (["--workdir=w", "--output=o"], "`--output` has no effect without --compare"),
        (["--compare=a,b"], "`--output` must be given with --compare"),
        (["--compare=a,b", "--output=o", "--workdir=w"], "`--workdir` has no effect"),
        (["--compare=a,b", "--output=o", "--num_draws=2"], "`--num_draws` has no eff"),
    ],
)
def test_flags_that_do_not_fit_together_are_refused(flags, message):
    with pytest.raises(ValueError, match=message):
        evaluate.main(flags)


def test_the_command_prints_the_differences(tmp_path, capsys):
    runs = [write_run(tmp_path / name) for name in ("a", "b")]
    evaluate.main([f"--compare={','.join(runs)}", f"--output={tmp_path / 'out'}"])
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("bits_per_dim: b minus a is 0")
    assert printed[-1] == f"Comparison: {tmp_path / 'out' / 'comparison.html'}"


@pytest.mark.large
def test_the_page_is_whole_at_every_width_and_in_both_schemes(tmp_path):
    changes = [
        {"flags": {"a_flag_with_a_long_name": "x" * 60, "seed": f"{seed}"}}
        for seed in range(6)
    ]
    compare(tmp_path, *changes)
    look_at(tmp_path / "out" / "comparison.html", tmp_path)
