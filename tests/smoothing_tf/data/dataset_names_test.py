from smoothing_tf.data.data_config import DataConfig
from smoothing_tf.data.dataset_names import (
    DATASET_NAMES,
    DATASETS_IN_DATA_DIR,
    TOY_NAMES,
    UCI_NAMES,
)
from smoothing_tf.data.datasets import DATASETS
from smoothing_tf.data.datasets.uci import UCI
from smoothing_tf.data.densities import DENSITIES


def test_choices_are_the_data_sets():
    assert DATASET_NAMES == tuple(DATASETS), (
        "A new data set needs its name in DATASET_NAMES, too, in"
        " smoothing_tf/data/dataset_names.py."
    )
    for name in DATASETS:
        assert DataConfig(dataset=name).dataset == name
    assert set(DATASETS_IN_DATA_DIR) < set(DATASET_NAMES)


def test_toy_densities_and_tables_are_data_sets():
    assert TOY_NAMES == tuple(DENSITIES), (
        "A new density needs its name in TOY_NAMES, too, in"
        " smoothing_tf/data/dataset_names.py."
    )
    assert UCI_NAMES == tuple(UCI)
