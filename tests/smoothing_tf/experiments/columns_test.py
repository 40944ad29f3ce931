"""The experiment columns: what it refuses, and a quick run from end to end."""

import pytest

from smoothing_tf import reproduce
from smoothing_tf.experiments import columns


def test_data_that_are_no_images_are_rejected(tmp_path):
    flags = ["--dataset=rings", "--model=made"]
    with pytest.raises(ValueError, match="must be of images with levels"):
        columns.run(tmp_path, quick=True, cells=None, flags=flags)


def test_flags_of_a_model_are_for_this_experiment_only():
    argv = ["--experiment=digits", "--quick", "--num_filters=3"]
    with pytest.raises(ValueError, match="must be given to columns, .* only"):
        reproduce.main(argv)


@pytest.mark.large
@pytest.mark.timeout(1800)
def test_a_quick_run_puts_the_four_columns_side_by_side(tmp_path, monkeypatch):
    monkeypatch.setattr(columns.image_runs, "_QUICK_STEPS", 10)
    flags = ["--dataset=digits", "--model=made", "--hidden_units=16", "--batch_size=32"]
    flags += ["--baseline_hidden_units=38", "--num_importance_draws=0"]
    result = columns.run(tmp_path, quick=True, cells=None, flags=flags)
    rows = result.tables["table"].rows
    assert [row["column"] for row in rows] == [
        "p(x~)",
        "single-step",
        "p(x|x~), two-step",
        "baseline",
    ]
    assert rows[2]["parameters"] > rows[0]["parameters"]
    assert all(name in rows[3] for name in ("bits_per_dim", "se"))
    assert all(name in row for row in rows for name in ("fd", "fd_se", "fd_floor"))
    assert set(result.figures) == {"figure", "denoised", "inpainted"}
    assert all(png.startswith(b"\x89PNG") for png in result.figures.values())
