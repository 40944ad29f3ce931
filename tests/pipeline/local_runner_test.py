"""The pipeline on this machine, end to end."""

import re

import kfp
import pytest
import tensorflow as tf
from kfp.local import subprocess_task_handler

from pipeline import local_runner
from pipeline.lineage import describe_lineage
from pipeline.plain_run import NodeError
from smoothing_tf import artifacts, stages
from smoothing_tf import config as config_lib
from smoothing_tf.data.dataset import open_dataset
from smoothing_tf.evaluation.headline import headline
from tests.testing import forked_nodes
from tests.testing.pipeline_flags import TINY

NODES = {
    "configure",
    "ingest",
    "augment",
    "train_smoothed",
    "train_reverse",
    "export",
    "generate",
    "evaluate",
    "push",
}
# All nodes but configure, which looks whether code or data have changed.
CACHED = {**dict.fromkeys(NODES, "cached"), "configure": "ran"}


@pytest.fixture
def run(tmp_path, capsys):
    def run(*flags):
        config, options = config_lib.parse(
            [*TINY, f"--pipeline_root={tmp_path / 'root'}", *flags],
            local_runner.LocalRunnerConfig,
        )
        return local_runner.run(config, options), capsys.readouterr().out

    return run


@pytest.fixture
def forecast(tmp_path, capsys):
    """Node -> its line of a dry run, without what it waits for."""

    def forecast(*flags):
        root = f"--pipeline_root={tmp_path / 'root'}"
        local_runner.main([*TINY, root, "--dry_run", *flags])
        title, *lines, last = capsys.readouterr().out.splitlines()
        assert last == "Nothing was changed."
        column = title.index("state")
        return {line.split()[0]: line[column:] for line in lines}

    return forecast


@pytest.fixture
def quick_nodes(monkeypatch):
    """Runs one node as kfp starts it and the others without the cost of imports."""
    start = subprocess_task_handler.run_local_subprocess

    def run_local_subprocess(full_command, env_vars=None):
        whole = full_command[-2:] == ["--function_to_execute", "ingest"]
        return (start if whole else forked_nodes.run_local_subprocess)(
            full_command, env_vars
        )

    monkeypatch.setattr(
        subprocess_task_handler, "run_local_subprocess", run_local_subprocess
    )


# Four runs of nine nodes.
@pytest.mark.timeout(900)
def test_a_run_does_what_changed_and_nothing_else(run, forecast, quick_nodes, tmp_path):
    root = tmp_path / "root"
    result, text = run()
    assert result["outcomes"] == dict.fromkeys(NODES, "ran")
    bound = result["metrics"]["bits_per_dim"]
    assert bound["bound"] and bound["n"] == 30
    assert f"  likelihood: {headline(result['metrics'])}\n" in text
    assert re.search(
        r"bits_per_dim <= \d+\.\d+ \+- \d\.\d+ \(30 test examples, K = 1; ", text
    )
    # Startup messages of libraries are not shown.
    assert "WARNING" not in text and "oneDNN" not in text
    assert str(root / "report.html") in text
    assert "digits" in (root / "report.html").read_text()
    assert str(root / "data.html") in text
    assert "<h1>digits</h1>" in (root / "data.html").read_text()
    assert result["pushed"] == root / "serving" / "1"
    served = tf.saved_model.load(str(result["pushed"])).signatures["sample"]
    drawn = served(num_samples=tf.constant(2), seed=tf.constant([0, 1]))
    assert drawn["samples"].shape == (2, 8, 8, 1)

    # A train node's flags are those of its stage, with which its model can be loaded.
    for stage, task in (("smoothed", "train"), ("reverse", "train-2")):
        (flags,) = root.glob(f"smoothing-*/{task}/model/flags.cfg")
        other = "reverse" if stage == "smoothed" else "smoothed"
        assert other not in flags.read_text().replace("smoothing-", "")
        config = config_lib.parse(flags.read_text().splitlines())
        dataset = open_dataset(config.data)
        model = stages.load_stage(config, stage, dataset, flags.parent)
        assert model.takes_x_smoothed == (stage == "reverse")
    assert "--max_examples=30" in result["metrics"]["run"]["flags"]
    assert not any("baseline" in flag for flag in result["metrics"]["run"]["flags"])

    lineage = describe_lineage(result["pushed"])
    assert lineage.startswith(f"{root / 'serving' / '1'}\n  node:     push, ")
    assert "\n            --reverse_num_steps=4\n" in lineage

    # A dry run says what the next one does.
    states = forecast()
    assert states.keys() == result["outcomes"].keys()
    cached = NODES - {"configure"}
    assert {states[name].split()[0] for name in cached} == {"cached"}
    states = forecast("--reverse_num_steps=2")
    assert states["train_smoothed"].startswith("cached ")
    assert "--reverse_num_steps: 4 -> 2" in states["train_reverse"]
    assert "reverse is new, from train_reverse" in states["export"]
    assert states["configure"] == "always runs"
    assert re.fullmatch("undecided +depends on evaluate, export", states["push"])

    again, text = run()
    assert again["outcomes"] == CACHED
    assert list(again["seconds"]) == ["configure"]
    assert again["metrics"] == result["metrics"]
    assert again["pushed"] == result["pushed"]
    assert re.search(r"ran:        configure \(\d+\.\d s\)\n", text)

    # A stricter threshold repeats the evaluation and stops the push. The model is not
    # compared with itself.
    against = f"--bless_against={root / 'serving'}"
    held_back, text = run("--max_bits_per_dim=0.01", against)
    assert held_back["outcomes"] == {
        **CACHED,
        "evaluate": "ran",
        "push": "skipped",
    }
    assert held_back["pushed"] is None
    assert "not blessed" in text
    assert "is above --max_bits_per_dim=0.01." in held_back["reasons"][0]
    assert "nothing to compare with" in held_back["reasons"][1]

    # One stage's training leaves the data and the other stage alone. Now there is a
    # version that another configuration has made.
    trained, text = run("--max_bits_per_dim=0.01", "--reverse_num_steps=2", against)
    assert trained["outcomes"] == {
        **CACHED,
        **dict.fromkeys(("train_reverse", "export", "generate", "evaluate"), "ran"),
        "push": "skipped",
    }
    assert trained["metrics"]["bits_per_dim"] != bound
    difference = trained["metrics"]["bits_per_dim_regression"]
    assert "comparison test" in trained["metrics"]["run"]["seconds"]
    assert difference["version"] == str(result["pushed"])
    assert difference["n"] == 30 and 0.0 < difference["se"] < bound["se"]
    of_models = difference["of_model"] - difference["of_version"]
    assert difference["value"] == pytest.approx(of_models)
    # Another draw of the noise than that of the evaluation.
    assert difference["of_version"] == pytest.approx(
        bound["value"], abs=5 * bound["se"]
    )
    assert f"  blessing:   {trained['reasons'][1]}\n" in text
    report = (root / "report.html").read_text()
    assert "bound minus that of the served version" in report
    assert f"{result['pushed']}, SHA-256 {difference['sha256']}" in report


def test_a_failed_node_is_reported_with_its_last_lines_and_exit_status_1(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(
        subprocess_task_handler,
        "run_local_subprocess",
        forked_nodes.run_local_subprocess,
    )
    root = tmp_path / "root"
    for name, content in (("a", b"\xff\xfe"), ("b", b"[]"), ("c", b"{}")):
        path = root / ".kfp_cache" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    argv = [*TINY, "--dataset=directory", f"--data_dir={tmp_path / 'nothing'}"]
    with pytest.raises(SystemExit) as raised:
        local_runner.main([*argv, f"--pipeline_root={root}"])
    line, *last_lines = str(raised.value.code).splitlines()
    assert line.startswith("error: Node configure failed: `data_dir` must be there")
    assert str(tmp_path / "nothing") in line
    assert all(text.startswith("    ") for text in last_lines)
    assert (
        line.split("failed: ")[1].split(" (complete")[0]
        in (root / "logs" / "configure.log").read_text().splitlines()
    )
    out = capsys.readouterr().out
    assert "Traceback" not in out
    assert not (root / "report.html").exists()
    # A damaged entry of the cache is reported and blocks nothing.
    assert f"Removed the damaged cache entry {path}" in out
    assert list((root / ".kfp_cache").iterdir()) == []
    assert not (root / ".run.tmp").exists()


def test_another_version_of_kfp_shows_its_own_output(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(kfp, "__version__", "2.18.0")
    root = tmp_path / "root"
    argv = [*TINY, f"--pipeline_root={root}"]
    with pytest.raises(RuntimeError, match="`--dry_run` cannot be used. kfp 2.18.0 is"):
        local_runner.main([*argv, "--dry_run"])
    assert not root.exists()

    def run_plainly(pipeline, arguments, **places):
        assert places["root"] == root
        raise NodeError("It failed.", [])

    monkeypatch.setattr(local_runner, "run_plainly", run_plainly)
    with pytest.raises(SystemExit, match="^error: It failed.$"):
        local_runner.main(argv)
    assert "kfp 2.18.0 is installed, not 2.17" in capsys.readouterr().err


def test_a_root_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="is below the file"):
        local_runner.main([*TINY, f"--pipeline_root={tmp_path / 'file' / 'root'}"])


def test_the_root_must_be_given():
    with pytest.raises(ValueError, match="--pipeline_root"):
        local_runner.main(TINY)


def tree(root):
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
    }


def test_a_second_run_in_a_root_is_refused_and_touches_nothing(tmp_path, capsys):
    root = tmp_path / "root"
    artifacts.write_text(root / "logs" / "ingest.log", "of the first run")
    # To another run, the files that the first one is writing would look like leftovers.
    artifacts.write_text(root / ".run.tmp" / "started", "2026-01-01-00-00-00-000000")
    with artifacts.locked(root):
        before = tree(root)
        for other in (root, tmp_path / "link"):
            if other != root:
                other.symlink_to(root)
            with pytest.raises(BlockingIOError, match="is in use by process"):
                local_runner.main([*TINY, f"--pipeline_root={other}"])
        after = tree(root)
    # The text in the lock depends on its holder.
    assert after.pop(".lock") is not None and before.pop(".lock") is not None
    assert after == before
    assert capsys.readouterr().out == ""
