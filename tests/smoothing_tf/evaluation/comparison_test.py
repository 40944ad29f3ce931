"""The paired difference of two evaluations."""

import numpy as np
import pytest

from smoothing_tf.evaluation.comparison import compare_evaluations
from smoothing_tf.evaluation.names import PER_IMAGE_FILE


def write(directory, **arrays):
    directory.mkdir()
    np.savez(directory / PER_IMAGE_FILE, **arrays)
    return directory


@pytest.fixture
def first(tmp_path):
    return write(
        tmp_path / "first",
        index=np.arange(4),
        bits_per_dim=np.array([1.0, 2.0, 3.0, 4.0]),
        predicted_class=np.arange(4),
    )


def test_the_difference_is_taken_image_by_image(first, tmp_path):
    second = write(
        tmp_path / "second",
        index=np.arange(4),
        bits_per_dim_baseline=np.array([1.1, 2.0, 3.3, 4.2]),
    )
    found = compare_evaluations(first, second, second_metric="bits_per_dim_baseline")
    differences = np.array([-0.1, 0.0, -0.3, -0.2])
    assert found["n"] == 4
    assert found["value"] == pytest.approx(differences.mean())
    assert found["se"] == pytest.approx(differences.std(ddof=1) / 2.0)


def test_what_cannot_be_compared_is_rejected(first, tmp_path):
    other = write(tmp_path / "o", index=np.arange(1, 5), bits_per_dim=np.ones(4))
    with pytest.raises(ValueError, match="must have scored the same images; got 4"):
        compare_evaluations(first, other)
    with pytest.raises(ValueError, match="has no 'nll'; it has bits_per_dim."):
        compare_evaluations(first, first, "nll")
    with pytest.raises(FileNotFoundError, match="run `python -m smoothing_tf.evalua"):
        compare_evaluations(first, tmp_path)
