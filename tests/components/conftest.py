"""The outputs of upstream nodes."""

import pytest
import tensorflow_datasets as tfds

from smoothing_tf import artifacts
from tests.testing.tiny_data import tiny_arrays, write_directory

NUM_LEVELS = 4


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """A TFDS directory of tiny images, as ingest writes."""
    return write_directory(
        tmp_path_factory.mktemp("data"),
        {"image": tfds.features.Image(shape=(4, 4, 1))},
        {
            split: [{"image": image} for image in images]
            for split, images in tiny_arrays(num_levels=NUM_LEVELS).items()
        },
        num_levels=NUM_LEVELS,
    )


@pytest.fixture(scope="session")
def smoothing_dir(tmp_path_factory):
    """The noise, as augment writes it."""
    directory = tmp_path_factory.mktemp("smoothing")
    artifacts.write_json(
        directory / "smoothing.json",
        {"smoothing": "gaussian", "noise_scale": 0.4, "chosen_by": "given"},
    )
    return directory
