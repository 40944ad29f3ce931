"""What a run writes down about its nodes."""

import errno
import json

from pipeline.records.node_record import (
    LAST_RUN_FILE,
    NodeRecord,
    all_records,
    read_record,
)
from pipeline.records.recording_cache import read_last_run
from tests.testing.small_pipeline import FLAGS


def test_every_cached_node_has_a_record(small):
    small.run()
    (run,) = small.root.glob("smoothing-*")
    records = {path.name: record for path, record in all_records(small.root).items()}
    # check is never cached.
    assert set(records) == {"make", "make-2", "join", "publish"}
    one, both = records["make"], records["join"]
    assert (one.node, one.task, both.node) == ("one", "make", "both")
    assert one.arguments == {
        "code_digest": "",
        "data_digest": "",
        "flags": FLAGS,
        "word": "yes",
    }
    assert one.outputs == {
        "Output": "yes",
        "data": {"artifact": str(run / "make" / "data")},
    }
    assert both.arguments["left"] == one.outputs["data"]
    for record in records.values():
        assert (small.root / ".kfp_cache" / f"{record.key}.json").is_file()
    assert len({record.component for record in records.values()}) == 3


def test_the_last_run_names_what_it_used_and_what_it_made(small):
    small.run()
    first = max(small.root.glob("smoothing-*")).name
    assert set(read_last_run(small.root).values()) == {
        f"{first}/{task}" for task in ("make", "make-2", "join", "publish")
    }
    small.run(second="other")
    last = max(small.root.glob("smoothing-*")).name
    assert read_last_run(small.root) == {
        "make": f"{first}/make",
        "make-2": f"{last}/make-2",
        "join": f"{last}/join",
        "publish": f"{last}/publish",
    }


def test_damaged_files_count_as_missing(small):
    small.run()
    (run,) = small.root.glob("smoothing-*")
    path = run / "join" / "record.json"
    for damage in ("", "{", "[]", "{}", json.dumps({"node": "both"})):
        path.write_text(damage)
        assert read_record(run / "join") is None
    assert run / "join" not in all_records(small.root)
    for damage in ("", "{", "[]"):
        (small.root / LAST_RUN_FILE).write_text(damage)
        assert read_last_run(small.root) == {}
    # The run itself goes on as if nothing was there.
    assert set(small.run().outcomes.values()) == {"ran", "cached"}
    assert read_last_run(small.root)["join"] is None


def test_a_record_that_cannot_be_written_costs_no_cache_entry(
    small, monkeypatch, capsys
):
    def fail(record, directory):
        raise OSError(errno.ENOSPC, "No space left on device", str(directory))

    with monkeypatch.context() as patch:
        patch.setattr(NodeRecord, "write", fail)
        assert small.run().outcomes["one"] == "ran"
    assert capsys.readouterr().err.count("No space left on device. Free some") == 4
    assert small.run().outcomes["one"] == "cached"


def test_a_record_is_next_to_its_artifacts_whatever_the_clock_says(small):
    # A run that the clock dates after those that follow.
    (small.root / "smoothing-9999-01-01" / "make").mkdir(parents=True)
    small.run()
    (directory,) = (p for p, r in all_records(small.root).items() if r.node == "one")
    assert directory.parent.name != "smoothing-9999-01-01"
