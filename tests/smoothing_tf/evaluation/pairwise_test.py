import numpy as np
import pytest

from smoothing_tf.evaluation.pairwise import check_features, squared_distance_blocks

# Few features and many are computed in different ways.
DIMENSIONS = pytest.mark.parametrize("d", [3, 300])


@DIMENSIONS
@pytest.mark.parametrize("block_size", [1, 4, 100])
def test_blocks_make_up_the_whole_matrix(block_size, d):
    rng = np.random.Generator(np.random.PCG64(0))
    x, y = rng.normal(size=(10, d)), rng.normal(size=(7, d))
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


def _exact(x, y):
    return np.sum((x[:, None] - y) ** 2, axis=-1)


@DIMENSIONS
@pytest.mark.parametrize("offset", [0.0, 1e4, 1e8])
def test_equal_rows_are_at_distance_zero(offset, d):
    x = np.random.Generator(np.random.PCG64(0)).normal(size=(6, d)) + offset
    ((_, distances),) = squared_distance_blocks(x, x)
    np.testing.assert_array_equal(np.diag(distances), 0.0)
    np.testing.assert_allclose(distances, _exact(x, x), rtol=1e-9)


@DIMENSIONS
@pytest.mark.parametrize("distance", [1e-9, 1e-6, 1e-3])
@pytest.mark.parametrize("num_groups", [1, 3, 100])
def test_nearly_equal_rows_keep_their_digits(distance, num_groups, d):
    # One group, a few far apart, which no common center helps, and pairs.
    rng = np.random.Generator(np.random.PCG64(0))
    groups = np.repeat(rng.normal(size=(num_groups, d)), 200 // num_groups, axis=0)
    x = groups + distance * rng.normal(size=groups.shape)
    y = groups + distance * rng.normal(size=groups.shape)
    distances = np.concatenate([b for _, b in squared_distance_blocks(x, y)])
    np.testing.assert_allclose(distances, _exact(x, y), rtol=1e-9)


def test_integers_that_are_too_large_to_be_exact_are_subtracted_first():
    x = np.zeros((2, 200), np.int64)
    x[:, :2] = [[2**40, 3], [2**40 + 5, -1]]
    ((_, distances),) = squared_distance_blocks(x, x)
    np.testing.assert_array_equal(distances, [[0.0, 41.0], [41.0, 0.0]])


def test_features_of_another_shape_are_rejected():
    with pytest.raises(ValueError, match="`a` must have shape"):
        check_features(a=np.zeros(3))
    with pytest.raises(ValueError, match="`a` must have shape"):
        check_features(a=np.zeros((0, 3)))
