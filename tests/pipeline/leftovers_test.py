"""Killed runs leave nothing, and remains of their cache do no harm."""

import json

import pytest
from kfp import dsl
from kfp.local import cache

from pipeline import leftovers

RUNS = ("smoothing-2026-01-02-03-04-05-000006", "smoothing-2026-02-02-03-04-05-000006")


def write(path, text="{}"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def names(root):
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def killed(tmp_path):
    """A root whose last run was killed at its second node."""
    old, last = (tmp_path / run for run in RUNS)
    write(old / "train" / "model" / "history.jsonl")  # This one had failed.
    write(last / "ingest" / "executor_output.json")
    write(last / "ingest" / "data" / "features.json")
    write(last / "augment" / ".smoothing_spec.tmp-ab_c1234" / "preview.png")
    write(tmp_path / ".run.tmp" / "started", "2026-02-01-00-00-00-000000\n")
    write(tmp_path / ".run.tmp" / "tmp.1234567890" / "ephemeral_component.py")
    write(tmp_path / ".kfp_cache" / ".kfp_cache_abcd1234.tmp")
    write(tmp_path / ".report.tmp-abcd1234.html")
    write(tmp_path / "report.html")
    return tmp_path


def test_what_a_killed_run_left_is_removed(killed):
    kept = {
        f"{RUNS[0]}/train/model/history.jsonl",
        f"{RUNS[1]}/ingest/executor_output.json",
        f"{RUNS[1]}/ingest/data/features.json",
        "report.html",
    }
    with leftovers.scratch_directory(killed) as scratch:
        assert names(killed) == kept | {".run.tmp/started"}
        write(scratch / "of_a_node")
    assert names(killed) == kept
    assert not (killed / RUNS[1] / "augment").exists()


def test_a_node_killed_while_it_reported_success_is_not_done(tmp_path):
    output = write(tmp_path / RUNS[1] / "push" / "executor_output.json", '{"artif')
    write(tmp_path / ".run.tmp" / "started", "2026-02-01-00-00-00-000000\n")
    with leftovers.scratch_directory(tmp_path):
        assert not output.parent.parent.exists()


def test_a_run_killed_before_it_noted_its_time_finished_no_node(killed):
    (killed / ".run.tmp" / "started").unlink()
    with leftovers.scratch_directory(killed):
        assert (killed / RUNS[0] / "train").exists()
        assert (killed / RUNS[1] / "augment").exists()
        # Our own name for unfinished files suffices.
        assert list((killed / RUNS[1] / "augment").iterdir()) == []


def test_what_a_failed_node_wrote_stays(tmp_path):
    with pytest.raises(ValueError, match="failed"):
        with leftovers.scratch_directory(tmp_path) as scratch:
            run = tmp_path / (scratch / "started").read_text().strip()
            run = run.with_name(f"smoothing-{run.name}")
            write(run / "train" / "model" / "history.jsonl")
            write(run / "train" / "model" / ".flags.tmp-abcd1234.cfg")
            raise ValueError("failed")
    assert names(tmp_path) == {f"{run.name}/train/model/history.jsonl"}
    with leftovers.scratch_directory(tmp_path):
        assert names(run) == {"train/model/history.jsonl"}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_run_removes_its_own_leftovers(tmp_path, interruption):
    with pytest.raises(interruption):
        with leftovers.scratch_directory(tmp_path) as scratch:
            started = (scratch / "started").read_text().strip()
            write(tmp_path / f"smoothing-{started}" / "train" / "flags.cfg")
            raise interruption
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_ours_stays(tmp_path):
    for name in ("smoothing-a/b.txt", ".tmp/c", "mine/.x.tmp-abcd1234", "a.tmp"):
        write(tmp_path / name)
    write(tmp_path / ".run.tmp" / "started", "2000-01-01-00-00-00-000000\n")
    before = names(tmp_path) - {".run.tmp/started"}
    with leftovers.scratch_directory(tmp_path):
        pass
    assert names(tmp_path) == before


@pytest.fixture
def entry(tmp_path):
    """Makes a cache entry as kfp writes it; returns its path and kfp's reader."""
    artifact = tmp_path / RUNS[0] / "evaluate" / "report"
    write(artifact / "report.html")
    store = cache.LocalCache(str(tmp_path / ".kfp_cache"))
    report = dsl.HTML(name="report", uri=str(artifact), metadata={"n": 1})
    store.put("key", {"report": report, "Output": "true"})
    return tmp_path / ".kfp_cache" / "key.json", store


def test_a_sound_entry_stays(tmp_path, entry):
    path, store = entry
    assert leftovers.remove_damaged_entries(tmp_path) == []
    assert store.get("key")["Output"] == "true"
    assert store.get("key")["report"].metadata == {"n": 1}


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "{}",
        lambda text: "[]",
        lambda text: "null",
        lambda text: "\0" * len(text),
        lambda text: text.replace('"true"', "null"),
        lambda text: text.replace('"uri"', '"url"'),
        lambda text: text.replace('{"n": 1}', "3"),
        lambda text: json.dumps({"report": {"uri": "somewhere"}}),
    ],
)
def test_a_damaged_entry_is_removed(tmp_path, entry, damage):
    path, store = entry
    path.write_text(damage(path.read_text()))
    assert leftovers.remove_damaged_entries(tmp_path) == [path]
    assert store.get("key") is None
    assert leftovers.remove_damaged_entries(tmp_path) == []


def test_an_entry_that_is_not_text_is_removed(tmp_path, entry):
    path, store = entry
    path.write_bytes(b"\xff\xfe\x00")
    assert leftovers.remove_damaged_entries(tmp_path) == [path]


def test_an_entry_whose_artifact_was_emptied_is_removed(tmp_path, entry):
    path, store = entry
    (tmp_path / RUNS[0] / "evaluate" / "report" / "report.html").unlink()
    assert leftovers.remove_damaged_entries(tmp_path) == [path]
