import numpy as np
import pytest

from smoothing_tf.data.dataset import DataConfig, open_dataset
from smoothing_tf.data.densities import DENSITIES


@pytest.mark.parametrize("name", ["rings", "spikes"])
def test_splits_are_samples_of_the_density(name):
    dataset = open_dataset(DataConfig(name))
    density = DENSITIES[name]()
    assert dataset.num_levels is None
    assert dataset.event_shape == tuple(density.event_shape)
    assert set(dataset.num_examples) == {"train", "validation", "test"}
    test = dataset.array("test")
    nats = -density.log_prob(test).numpy()
    error = nats.std() / np.sqrt(len(nats))
    assert abs(nats.mean() - float(density.entropy())) < 4 * error
    again = open_dataset(DataConfig(name)).array("test")
    np.testing.assert_array_equal(test, again)
    # Except for numbers that coincide in single precision.
    assert np.mean(np.isin(test[:, 0], dataset.array("validation")[:, 0])) < 0.01


def test_there_is_nothing_to_store():
    with pytest.raises(ValueError, match="`data_dir` must be empty for 'rings'"):
        open_dataset(DataConfig("rings", "/some/where"))
