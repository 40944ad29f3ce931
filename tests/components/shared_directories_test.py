"""Workers must see what their node reads and writes."""

import pickle

import pytest

from components import shared_directories as module
from components.shared_directories import shared_directories


@pytest.fixture
def places(tmp_path):
    """(output, input)."""
    output, data = tmp_path / "output", tmp_path / "data"
    output.mkdir()
    data.mkdir()
    return output, data


def test_a_worker_of_the_same_file_system_passes_and_no_mark_is_left(places):
    output, data = places
    with shared_directories(output, [data]) as shared:
        pickle.loads(pickle.dumps(shared)).check()
    assert list(output.iterdir()) == []


def test_a_worker_with_another_output_directory_of_that_name_is_refused(places):
    output, data = places
    with shared_directories(output, [data]) as shared:
        output.rename(output.with_name("moved"))
        output.mkdir()
        with pytest.raises(RuntimeError, match=f"cannot see {output}, where the node"):
            shared.check()
        output.rmdir()
        with pytest.raises(RuntimeError, match=f"cannot see {output}, where the node"):
            shared.check()


def test_a_worker_that_does_not_see_the_data_is_refused(places):
    output, data = places
    with shared_directories(output, [data]) as shared:
        data.rmdir()
        with pytest.raises(
            RuntimeError, match=f"cannot see {data}, which the node rea"
        ):
            shared.check()


def test_a_worker_that_cannot_write_is_refused(places, monkeypatch):
    output, data = places
    # Root can write everywhere.
    monkeypatch.setattr(module.os, "access", lambda *_: False)
    with shared_directories(output, [data]) as shared:
        with pytest.raises(
            RuntimeError, match=f"cannot write to {output}, as the node"
        ):
            shared.check()


def test_inputs_that_the_node_does_not_see_either_are_left_to_their_reader(places):
    output, data = places
    with shared_directories(output, [data / "nothing"]) as shared:
        shared.check()


def test_the_mark_is_removed_after_an_error(places):
    output, _ = places
    with pytest.raises(KeyError), shared_directories(output):
        raise KeyError
    assert list(output.iterdir()) == []
