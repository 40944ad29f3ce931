"""The example of docs/data.md writes a directory of arrays that opens as a data set."""

import numpy as np

from smoothing_tf.data import DataConfig, open_dataset
from tests.testing.pages import block

_PAGE = "docs/data.md"
_DIRECTORY = "runs/data"
_TABLE = """\
        {"x": tfds.features.Tensor(shape=rows.shape[1:], dtype=np.float32)}
"""
_IMAGES = """\
        {"image": tfds.features.Image(shape=(8, 8, 1), dtype=np.uint8)}
"""


def _sorted(rows: np.ndarray) -> np.ndarray:
    """The examples in an order of their own: TensorFlow Datasets shuffles them."""
    rows = np.reshape(rows, (len(rows), -1))
    return rows[np.lexsort(rows.T)]


def test_the_table_opens_as_it_was_written(tmp_path):
    names = {}
    code = block(_PAGE, "python", "store_as_tfds_dataset")
    assert _DIRECTORY in code and _DIRECTORY in block(_PAGE, "sh", "table/1.0.0")
    exec(code.replace(_DIRECTORY, str(tmp_path)), names)
    dataset = open_dataset(DataConfig("directory", str(tmp_path / "table/1.0.0")))
    assert (dataset.event_shape, dataset.num_levels) == ((5,), None)
    assert dataset.num_examples == {"train": 800, "validation": 100, "test": 100}
    for split, rows in names["splits"].items():
        np.testing.assert_array_equal(_sorted(dataset.array(split)), _sorted(rows))


def test_images_need_another_feature_alone(tmp_path):
    names = {}
    code = block(_PAGE, "python", "store_as_tfds_dataset")
    rows = next(line for line in code.splitlines() if line.startswith("rows = ("))
    images = "rows = np.random.default_rng(0).integers(0, 256, (1000, 8, 8, 1))"
    code = code.replace(rows, f"{images}.astype(np.uint8)").replace(_TABLE, _IMAGES)
    code = code.replace('{"x": part}', '{"image": part}')
    exec(code.replace(_DIRECTORY, str(tmp_path)), names)
    dataset = open_dataset(DataConfig("directory", str(tmp_path / "table/1.0.0")))
    assert (dataset.event_shape, dataset.num_levels) == ((8, 8, 1), 256)
    expected = names["splits"]["test"]
    np.testing.assert_array_equal(_sorted(dataset.array("test")), _sorted(expected))
