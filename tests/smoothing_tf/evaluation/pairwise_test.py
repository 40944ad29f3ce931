import numpy as np
import pytest

from smoothing_tf.evaluation.pairwise import check_features, squared_distance_blocks


@pytest.mark.parametrize("block_size", [1, 4, 100])
def test_blocks_make_up_the_whole_matrix(block_size):
    rng = np.random.Generator(np.random.PCG64(0))
    x, y = rng.normal(size=(10, 3)), rng.normal(size=(7, 3))
    blocks = list(squared_distance_blocks(x, y, block_size=block_size))
    assert [start for start, _ in blocks] == list(range(0, 10, block_size))
    expected = np.sum((x[:, None] - y) ** 2, axis=-1)
    np.testing.assert_allclose(np.concatenate([b for _, b in blocks]), expected)


def test_whole_numbers_give_exact_distances():
    rng = np.random.Generator(np.random.PCG64(0))
    x = rng.integers(0, 256, (5, 3072), dtype=np.uint8)
    y = np.concatenate([x, x ^ 1])
    ((_, distances),) = squared_distance_blocks(x, y)
    expected = np.sum((x[:, None].astype(int) - y.astype(int)) ** 2, axis=-1)
    np.testing.assert_array_equal(distances, expected)


def test_equal_rows_far_from_the_origin_are_at_distance_zero():
    x = np.random.Generator(np.random.PCG64(0)).normal(size=(6, 40)) + 1e4
    ((_, distances),) = squared_distance_blocks(x, x)
    np.testing.assert_array_equal(np.diag(distances), 0.0)


def test_features_of_another_shape_are_rejected():
    with pytest.raises(ValueError, match="`a` must have shape"):
        check_features(a=np.zeros(3))
    with pytest.raises(ValueError, match="`a` must have shape"):
        check_features(a=np.zeros((0, 3)))
