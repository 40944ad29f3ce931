"""One finished training that tests share."""

import shutil

import pytest

from tests.testing.train_tiny import train


@pytest.fixture(scope="session")
def _finished(tmp_path_factory):
    directory = tmp_path_factory.mktemp("stage") / "finished"
    train(directory)
    return directory


@pytest.fixture
def finished(_finished, tmp_path):
    """The directory of a stage that `train` has trained, as a test's own copy."""
    return shutil.copytree(_finished, tmp_path / "finished")
