"""The evaluate command: its files, its line, and the settings of the run."""

from smoothing_tf import evaluate
from smoothing_tf.artifacts import read_json


def test_an_evaluation_is_written_and_summed_up(run_dir, capsys):
    evaluate.main(
        [
            f"--workdir={run_dir}",
            "--num_samples=40",
            "--num_importance_draws=2",
            "--extractors=randconv",
        ]
    )
    directory = run_dir / "evaluation"
    metrics = read_json(directory / "metrics.json")
    assert metrics["bits_per_dim"]["n"] == 300
    assert metrics["bits_per_dim_iw"]["k"] == 2
    assert metrics["bits_per_dim_baseline"]["bound"] is False
    assert metrics["bits_per_dim_iw"]["value"] < metrics["bits_per_dim"]["value"]
    assert "--num_samples=40" in metrics["run"]["flags"]
    assert metrics["run"]["steps"] == {"smoothed": 6, "reverse": 6, "baseline": 6}
    printed = capsys.readouterr().out
    assert printed.startswith("bits_per_dim <= ")
    assert str(directory / "report.html") in printed
    assert "http" not in (directory / "report.html").read_text()


def test_splits_are_decoded_into_another_directory(run_dir, tmp_path):
    evaluate.main(
        [
            f"--workdir={run_dir}",
            f"--cache_dir={tmp_path / 'cache'}",
            "--num_samples=0",
            "--num_importance_draws=0",
            "--max_examples=10",
        ]
    )
    assert list((tmp_path / "cache").glob("*/test-*/x.npy"))
