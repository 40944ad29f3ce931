"""Which trainings share checkpoints, and how long they are kept."""

import errno
import os
import shutil
import time

import pytest

from components import runner_watch
from components.train import checkpoint_root
from smoothing_tf import artifacts


def digest(data_dir, smoothing_dir, **changes):
    given = {
        "stage": "reverse",
        "flags": ["--seed=1"],
        "data_dir": data_dir,
        "smoothing_dir": smoothing_dir,
        "code_digest": "a",
        "accelerators": "",
    }
    return checkpoint_root.digest_of_training(**given | changes)


def test_a_training_is_known_by_all_that_its_weights_depend_on(
    data_dir, smoothing_dir, tmp_path
):
    other = tmp_path / "smoothing"
    artifacts.write_json(other / "smoothing.json", {"noise_scale": 0.5})
    digests = [
        digest(data_dir, smoothing_dir),
        digest(data_dir, smoothing_dir, stage="smoothed"),
        digest(data_dir, smoothing_dir, flags=["--seed=2"]),
        digest(data_dir, smoothing_dir, code_digest="b"),
        digest(data_dir, smoothing_dir, accelerators="nvidia.com/gpu=8"),
        digest(data_dir, other),
    ]
    assert len(set(digests)) == len(digests)
    assert all(len(text) == 64 for text in digests)


def test_data_count_by_their_content_and_not_by_their_place(
    data_dir, smoothing_dir, tmp_path
):
    copy = shutil.copytree(data_dir, tmp_path / "copy")
    # A copy has other times.
    assert digest(copy, smoothing_dir) == digest(data_dir, smoothing_dir)
    record = next(path for path in copy.rglob("*") if "tfrecord" in path.name)
    content = bytearray(record.read_bytes())
    content[-1] ^= 1
    record.write_bytes(content)
    assert digest(copy, smoothing_dir) != digest(data_dir, smoothing_dir)


@pytest.fixture
def finished(tmp_path):
    """A root with the training `old`, finished a month ago, and one that is not."""
    for name in ("old", "unfinished"):
        artifacts.write_text(tmp_path / "root" / name / "history.jsonl", "{}")
    checkpoint_root.publish(tmp_path / "root" / "old", tmp_path / "model", "--seed=1\n")
    then = time.time() - 30 * 24 * 3600
    os.utime(tmp_path / "root" / "old" / "finished", (then, then))
    return tmp_path / "root"


def test_a_finished_training_is_removed_after_a_while(finished):
    checkpoint_root.remove_finished(finished, older_than=60 * 24 * 3600)
    assert (finished / "old").exists()
    checkpoint_root.remove_finished(finished)
    assert [path.name for path in finished.iterdir()] == ["unfinished"]


def test_a_training_in_use_is_not_removed(finished):
    with artifacts.locked(finished / "old"):
        checkpoint_root.remove_finished(finished)
    assert (finished / "old" / "history.jsonl").exists()


def test_one_that_cannot_be_removed_fails_nobody(finished, monkeypatch, capsys):
    shutil.copytree(finished / "old", finished / "other")
    rmtree = shutil.rmtree

    def remove(path):
        if "old" in path.name:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        rmtree(path)

    monkeypatch.setattr(checkpoint_root.shutil, "rmtree", remove)
    checkpoint_root.remove_finished(finished)
    (line,) = capsys.readouterr().err.splitlines()
    assert f"The finished training {finished / 'old'} could not be removed: " in line
    assert "Permission denied" in line
    kept, unfinished = sorted(path.name for path in finished.iterdir())
    assert kept.startswith(".removed-old") and unfinished == "unfinished"
    # A later node tries again.
    monkeypatch.undo()
    checkpoint_root.remove_finished(finished)
    assert [path.name for path in finished.iterdir()] == ["unfinished"]


@pytest.mark.parametrize("name", ["history.jsonl", "finished"])
def test_a_removal_that_was_interrupted_is_finished(finished, name, monkeypatch):
    def remove_one(path):
        (path / name).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_root.shutil, "rmtree", remove_one)
        with pytest.raises(KeyboardInterrupt):
            checkpoint_root.remove_finished(finished)
    (left,) = finished.glob(".removed-old*")
    # Not while the node that removes it is at work.
    with artifacts.locked(left):
        checkpoint_root.finish_removals(finished)
        assert left.exists()
    checkpoint_root.finish_removals(finished)
    assert [path.name for path in finished.iterdir()] == ["unfinished"]


def test_a_training_that_finished_again_is_kept(finished, monkeypatch):
    locked = artifacts.locked

    def finish_before(directory):
        (directory / "finished").touch()
        return locked(directory)

    monkeypatch.setattr(checkpoint_root.artifacts, "locked", finish_before)
    checkpoint_root.remove_finished(finished)
    assert (finished / "old" / "history.jsonl").exists()


def test_an_artifact_holds_no_marks_of_the_root(finished):
    model = finished.parent / "model"
    assert {path.name for path in model.iterdir()} == {"flags.cfg", "history.jsonl"}
    assert (model / "flags.cfg").read_text() == "--seed=1\n"


def test_a_root_that_does_not_exist_holds_nothing(tmp_path):
    checkpoint_root.remove_finished(tmp_path / "absent")


def test_a_pod_without_a_root_says_that_a_retry_starts_over(monkeypatch, capsys):
    monkeypatch.delenv(checkpoint_root.CHECKPOINT_ROOT_VARIABLE, raising=False)
    monkeypatch.delenv(runner_watch.RUNNER_VARIABLE, raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert checkpoint_root.checkpoint_root() is None
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    assert checkpoint_root.checkpoint_root() is None
    (line,) = capsys.readouterr().err.splitlines()
    assert "a retry of this node starts over. Compile with --checkpoint_root" in line


def test_a_remote_root_is_refused(monkeypatch):
    monkeypatch.setenv(checkpoint_root.CHECKPOINT_ROOT_VARIABLE, "gs://bucket/x")
    with pytest.raises(ValueError, match="need a mounted directory.* gs://bucket/x"):
        checkpoint_root.checkpoint_root()
