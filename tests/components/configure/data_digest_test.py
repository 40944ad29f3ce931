"""The digest of the user's data changes when a file does."""

import os

import pytest

from components.configure.data_digest import data_digest
from smoothing_tf.data.data_config import DataConfig
from smoothing_tf.data.picture_listing import list_pictures


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "a.png").write_bytes(b"a")
    return DataConfig("folder", str(tmp_path))


def test_a_changed_file_changes_the_digest(folder, tmp_path):
    one = data_digest(folder)
    assert data_digest(folder) == one and len(one) == 64
    (tmp_path / "train" / "b.png").write_bytes(b"b")
    two = data_digest(folder)
    (tmp_path / "train" / "b.png").write_bytes(b"longer")
    assert len({one, two, data_digest(folder)}) == 3


def test_a_set_that_is_prepared_is_named_by_its_version(tmp_path):
    # Not by our copy of it.
    assert data_digest(DataConfig("digits", str(tmp_path))) == ""


def test_a_changed_table_changes_the_digest(tmp_path):
    digests = set()
    for text in ("a\n1\n", "a\n1\n2\n"):
        (tmp_path / "x.csv").write_text(text)
        digests.add(data_digest(DataConfig("table", str(tmp_path / "x.csv"))))
    assert len(digests) == 2 and "" not in digests


def test_only_files_that_are_data_count_by_their_content(folder, tmp_path):
    os.mkfifo(tmp_path / "train" / "pipe.png")
    (tmp_path / "train" / ".DS_Store").write_bytes(b"a")
    before = data_digest(folder)
    (tmp_path / "train" / ".DS_Store").write_bytes(b"longer")
    assert data_digest(folder) == before
    # Files that are left out are named in rejects.json.
    (tmp_path / "train" / ".hidden.png").write_bytes(b"a")
    assert data_digest(folder) != before


def test_a_file_that_disappears_after_the_listing_is_left_to_ingest(
    folder, tmp_path, monkeypatch
):
    before = data_digest(folder)
    listing = list_pictures(str(tmp_path))
    (tmp_path / "train" / "a.png").unlink()
    monkeypatch.setattr(
        "components.configure.data_digest.list_pictures", lambda _: listing
    )
    assert data_digest(folder) not in ("", before)


@pytest.mark.parametrize("dataset", ["folder", "directory", "table"])
def test_data_that_are_not_there_have_no_digest(dataset, tmp_path):
    # Otherwise the cache would take other data for these once ingest sees them.
    with pytest.raises(FileNotFoundError, match="there is no .*absent. On a cluster"):
        data_digest(DataConfig(dataset, str(tmp_path / "absent")))
