"""One small run that the tests of the command lines share."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf import train, workdir
from smoothing_tf.data.dataset import open_dataset

TINY_FLAGS = (
    "--dataset=digits",
    "--model=made",
    "--hidden_units=16",
    "--num_mixtures=2",
    "--num_steps=6",
    "--batch_size=16",
    "--max_validation_examples=20",
    "--sample_every=0",
    "--noise_scale=0.4",
)


@pytest.fixture(scope="session")
def tfds_dir(tmp_path_factory):
    """The directory where TFDS prepares data sets during the tests."""
    return tmp_path_factory.mktemp("tfds")


@pytest.fixture(scope="session")
def run_dir(tmp_path_factory, tfds_dir):
    """A working directory with all three stages trained for a few steps."""
    directory = tmp_path_factory.mktemp("run")
    train.main(
        [
            *TINY_FLAGS,
            f"--data_dir={tfds_dir}",
            f"--workdir={directory}",
            "--stages=smoothed,reverse,baseline",
        ]
    )
    return directory


@pytest.fixture(scope="session")
def experiment(run_dir):
    return workdir.load_config(run_dir)


@pytest.fixture(scope="session")
def dataset(experiment):
    return open_dataset(experiment.data)


@pytest.fixture(scope="session")
def make_folder():
    """A function (root, size=8) that writes a folder of grey images."""

    def make(root: pathlib.Path, size: int = 8) -> pathlib.Path:
        rng = np.random.default_rng(0)
        for split in ("train", "validation", "test"):
            (root / split).mkdir(parents=True)
            for index in range(6):
                x = rng.integers(0, 256, (size, size, 1), dtype=np.uint8)
                path = root / split / f"{index}.png"
                path.write_bytes(tf.io.encode_png(x).numpy())
        return root

    return make
