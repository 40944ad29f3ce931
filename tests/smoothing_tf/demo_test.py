"""The command finds an export, and says what it lacks."""

import importlib.util
import socket

import pytest

from smoothing_tf import demo
from tests.testing.command_lines import call_command

_COMMAND = "smoothing_tf.demo"


@pytest.fixture
def models(tmp_path):
    """A directory of a model with versions 2 and 10, and one that is unfinished."""
    for version in ("2", "10"):
        facts = tmp_path / version / "assets.extra" / "smoothing.json"
        facts.parent.mkdir(parents=True)
        facts.write_text("{}")
    (tmp_path / "11.partial").mkdir()
    return tmp_path


@pytest.fixture
def has_gradio(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)


def test_the_newest_version_is_taken_unless_one_is_named(models, monkeypatch):
    asked = []

    def find_spec(name):
        asked.append(name)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    assert demo.find_version(models).name == "10"
    assert demo.find_version(models / "2").name == "2"
    result = call_command(_COMMAND, f"--model={models}")
    assert result.error == (
        "error: The demo needs gradio, which is not installed. Install it with"
        " pip install 'smoothing_tf[demo]', in a checkout pip install '.[demo]'."
    )
    assert asked == ["gradio"]


def test_a_directory_without_an_export_is_refused(tmp_path):
    result = call_command(_COMMAND, f"--model={tmp_path}")
    assert f"output of an export; {tmp_path} has no assets.extra/" in result.error


def test_a_port_that_is_taken_is_refused(models, has_gradio):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = call_command(_COMMAND, f"--model={models}", f"--port={port}")
    assert result.error.startswith(
        f"error: `--port` must be a port that is free; got {port}: Address already"
    )
