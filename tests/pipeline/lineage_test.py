"""The origin of an artifact, from the records of runs."""

import shutil

import pytest

from pipeline.lineage import describe_lineage, main
from pipeline.records import node_record
from tests.testing.small_pipeline import FLAGS


@pytest.fixture
def root(small):
    """A root after two runs, which differ in one node and those after it."""
    small.run()
    shutil.rmtree(small.root / "serving")
    small.run(second="other")
    return small.root


def _blocks(text):
    """Path -> lines."""
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return {lines[0]: lines[1:] for lines in blocks}


def test_a_published_artifact_leads_back_to_both_runs(root):
    first, last = sorted(path.name for path in root.glob("smoothing-*"))
    blocks = _blocks(describe_lineage(root / "serving" / "1"))
    assert list(blocks) == [
        str(root / "serving" / "1"),
        str(root / last / "join"),
        str(root / first / "make"),
        str(root / last / "make-2"),
    ]
    nodes = {lines[0].split()[1]: lines for lines in blocks.values()}
    assert set(nodes) == {"published,", "both,", "one,", "two,"}
    assert f"  flags:    place={root / 'serving' / '1'}" in nodes["published,"]
    assert nodes["published,"][-1].split() == [
        *"made of: both of both:".split(),
        str(root / last / "join" / "both"),
    ]
    # The node that comes from the cache has the flags of its own run.
    assert nodes["one,"][1].startswith(f"  run:      {first}, finished 20")
    shown = [line[12:] for line in nodes["one,"] if "=" in line]
    assert shown == ["data_digest=", *FLAGS, "word=yes"]
    assert "word=other" in "\n".join(nodes["two,"])


def test_files_pages_and_directories_are_found(root):
    newest = max(root.glob("smoothing-*"))
    for path, node in (
        (newest / "join" / "both" / "left", "both, output both"),
        (newest / "join", "both"),
        (newest / "join" / "executor_output.json", "both"),
    ):
        assert f"\n  node:     {node}\n" in describe_lineage(path)
    # A copy of an artifact, as report.html is one.
    page = root / "page.html"
    shutil.copy(newest / "make-2" / "data", page)
    assert "\n  node:     two, output data\n" in describe_lineage(page)


def test_a_model_pushed_elsewhere_needs_the_root(small, tmp_path, capsys):
    place = tmp_path / "models" / "1"
    small.run(place=str(place))
    with pytest.raises(ValueError, match="is in no pipeline root"):
        main([str(place)])
    main([str(place / "left"), f"--pipeline_root={small.root}"])
    assert "  node:     published, output copy\n" in capsys.readouterr().out


def test_code_that_changed_since_is_named(root, monkeypatch, tmp_path):
    monkeypatch.setattr("pipeline.lineage.ROOT", tmp_path)
    (tmp_path / "same.py").write_text("")
    digest = node_record.file_digest(tmp_path / "same.py")
    code = {"same.py": digest, "gone.py": digest, "other.py": "0"}
    (tmp_path / "other.py").write_text("")
    directory = max(root.glob("smoothing-*")) / "join"
    record = node_record.read_record(directory)
    node_record.NodeRecord(**{**vars(record), "code": code}).write(directory)
    text = describe_lineage(directory)
    assert ", 3 files, changed since: gone.py, other.py\n" in text
    assert ", 0 files, unchanged since\n" in text


@pytest.mark.parametrize(
    "argv, message",
    [
        ([], "Give one PATH; got 0"),
        (["a", "b"], "got 2"),
        (["a", "--no_such=1"], "--no_such=1"),
        (["nowhere"], "does not exist"),
    ],
)
def test_wrong_arguments_are_refused(argv, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        main(argv)


def test_what_no_run_has_made_is_refused(root):
    (root / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="No run in .* has a record of making"):
        describe_lineage(root / "notes.txt")
