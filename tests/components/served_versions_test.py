"""The newest version of a served model, in a directory or an object store."""

import errno
import json
import os
import uuid

import pytest
import tensorflow as tf

from components.served_versions import digest_of, find_newest, read_facts

gfile = tf.io.gfile


@pytest.fixture(params=["directory", "store"])
def models(request, tmp_path):
    """Path or URL of a directory of versions that does not exist yet."""
    if request.param == "directory":
        return str(tmp_path / "models")
    return f"ram://bucket/{uuid.uuid4()}"


def write(path, text):
    gfile.makedirs(path.rpartition("/")[0])
    with gfile.GFile(path, "w") as file:
        file.write(text)


def add(models, name, made_from="", signatures=("bound",)):
    version = f"{models}/{name}"
    facts = {"made_from": made_from, "signatures": list(signatures)}
    write(f"{version}/assets.extra/smoothing.json", json.dumps(facts))
    write(f"{version}/saved_model.pb", "graph")
    return version


def test_without_versions_there_is_none(models):
    assert find_newest(models, "mine", may_be_missing=True) is None
    write(f"{models}/.push.tmp-3-abc", "claim")
    assert find_newest(models, "mine") is None


def test_a_directory_that_does_not_exist_is_not_taken_for_an_empty_one(models):
    with pytest.raises(FileNotFoundError, match=f"{models} does not exist. Correct it"):
        find_newest(models, "mine")


def test_versions_are_compared_as_numbers(models):
    versions = [add(models, name) for name in ("9", "10", "2")]
    gfile.makedirs(f"{models}/latest")
    assert find_newest(models, "mine") == versions[1]


def test_a_run_that_is_repeated_after_its_push_finds_what_it_found_before(models):
    first = add(models, "1", "other")
    assert find_newest(models, "mine") == first
    own = add(models, "2", "mine")
    assert find_newest(models, "mine") == first
    assert find_newest(models, "other") == own
    later = add(models, "3", "third")
    assert find_newest(models, "mine") == later


def test_only_its_own_model_is_no_predecessor(models):
    add(models, "1", "mine")
    assert find_newest(models, "mine") is None


def test_a_version_that_is_being_uploaded_is_left_out(models):
    whole, part = add(models, "1"), add(models, "2")
    gfile.remove(f"{part}/saved_model.pb")
    if "://" in models:
        assert find_newest(models, "mine") == whole
    else:  # A push to a directory renames it when it is complete.
        with pytest.raises(ValueError, match="/2 has no saved_model.pb. Remove it"):
            find_newest(models, "mine")


def test_a_version_that_is_not_ours_is_refused(models):
    version = add(models, "1")
    gfile.remove(f"{version}/assets.extra/smoothing.json")
    with pytest.raises(ValueError, match="/1 has no assets.extra/smoothing.json"):
        find_newest(models, "mine")
    for text in ("{", "[]"):
        write(f"{version}/assets.extra/smoothing.json", text)
        with pytest.raises(ValueError, match="is damaged"):
            find_newest(models, "mine")


def test_a_baseline_by_itself_is_refused(models):
    version = add(models, "1", signatures=["log_prob", "sample"])
    with pytest.raises(ValueError, match="no signature `bound`: it is a baseline"):
        read_facts(version)
    with pytest.raises(ValueError, match="no signature `bound`: it is a baseline"):
        find_newest(models, "mine")


@pytest.mark.parametrize("signatures", [None, True, 5, "bounds", {}])
def test_signatures_of_another_type_are_refused(tmp_path, signatures):
    version = add(str(tmp_path), "1")
    facts = json.dumps({"signatures": signatures})
    write(f"{version}/assets.extra/smoothing.json", facts)
    with pytest.raises(ValueError, match="no signature `bound`"):
        read_facts(version)


def test_every_byte_and_every_name_counts(models):
    version = add(models, "1")
    digests = [digest_of(version)]
    assert digest_of(version) == digests[0] and len(digests[0]) == 64
    write(f"{version}/saved_model.pb", "grapf")
    digests.append(digest_of(version))
    write(f"{version}/variables/variables.index", "")
    digests.append(digest_of(version))
    gfile.rename(f"{version}/variables/variables.index", f"{version}/variables/b")
    digests.append(digest_of(version))
    assert len(set(digests)) == 4


def test_a_file_is_no_directory_of_versions(models):
    write(models, "")
    with pytest.raises(NotADirectoryError, match="is a file"):
        find_newest(models, "mine")


def test_a_directory_that_may_not_be_seen_is_not_taken_for_none(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        find_newest(str(tmp_path / "file" / "models"), "mine")

    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(PermissionError):
        find_newest(str(tmp_path), "mine")


def test_a_version_that_may_not_be_seen_is_not_left_out(tmp_path, monkeypatch):
    add(str(tmp_path), "1")
    see = os.stat

    def refuse(path, **options):
        if str(path).endswith("/1"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return see(path, **options)

    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(PermissionError):
        find_newest(str(tmp_path), "mine")


def test_what_cannot_be_read_is_one_line(tmp_path, monkeypatch):
    add(str(tmp_path), "1")

    def refuse(path):
        raise tf.errors.PermissionDeniedError(None, None, f"{path}; denied\nmore")

    monkeypatch.setattr(gfile, "listdir", refuse)
    with pytest.raises(OSError, match="^Cannot read .*; denied. Make it readable, or"):
        find_newest(str(tmp_path), "mine")
    with pytest.raises(OSError, match="^Cannot read .*/1 to compare with it: "):
        digest_of(os.path.join(tmp_path, "1"))
