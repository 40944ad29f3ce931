"""Errors in the default directory of TensorFlow Datasets are explained."""

import errno

import pytest

from smoothing_tf.data.dataset import DataConfig, open_dataset
from smoothing_tf.data.default_directory import explaining_default_directory


@pytest.fixture
def default(monkeypatch):
    home = "/home/of/nobody/tensorflow_datasets"
    monkeypatch.setattr("tensorflow_datasets.core.constants.DATA_DIR", home)


@pytest.mark.usefixtures("default")
def test_an_error_names_the_directory_and_the_flag():
    with pytest.raises(OSError, match="no permission") as error:
        with explaining_default_directory(None):
            raise PermissionError(errno.EACCES, "no permission", "/home/of/nobody")
    message = str(error.value)
    assert "the default directory of TensorFlow Datasets, /home/of/nobody/" in message
    assert message.endswith("Choose another directory with --data_dir.")
    assert error.value.errno is None  # The error is our own and says what to do.


@pytest.mark.usefixtures("default")
def test_the_cause_of_a_failed_download_counts():
    with pytest.raises(OSError, match="default directory .*: full. Free some space"):
        with explaining_default_directory(None):
            raise OSError("It failed.") from OSError(errno.ENOSPC, "full")


@pytest.mark.parametrize("data_dir", [None, "/data"])
def test_other_errors_pass(data_dir):
    raised = (
        ConnectionError("No network.")
        if data_dir is None
        else PermissionError(errno.EACCES, "Permission denied", "/data")
    )
    with pytest.raises(type(raised)) as error, explaining_default_directory(data_dir):
        raise raised
    assert error.value is raised


def test_a_missing_home_directory_is_explained(monkeypatch):
    """As in a container without a home directory: mkdir fails for root, too."""
    home = "/dev/null/tensorflow_datasets"
    monkeypatch.setattr("tensorflow_datasets.core.constants.DATA_DIR", home)
    with pytest.raises(OSError, match=f"{home}: .* Choose another directory with"):
        open_dataset(DataConfig("digits"))
