import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import JoinedRows

SHAPES = [(2, 1, 8, 3), (2, 1, 4, 5), (2, 1, 8, 1)]


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return [tf.constant(rng.normal(size=shape)) for shape in SHAPES]


@pytest.mark.parametrize("num_blocks", [1, 2, 4])
def test_a_block_is_its_columns_of_every_row(rows, num_blocks):
    # The first row is named twice, as a tensor that two layers use.
    joined = JoinedRows([*rows, rows[0]])
    for block in range(num_blocks):
        columns = joined.cut(tf.constant(block), num_blocks)
        assert len(columns) == len(rows)
        for row in rows:
            size = row.shape[2] // num_blocks
            expected = row[:, 0, block * size : (block + 1) * size]
            np.testing.assert_array_equal(
                tf.stack(columns[row.ref()], axis=1), expected
            )


def test_sizes_of_a_block_are_static(rows):
    @tf.function(autograph=False)
    def cut(block):
        (column, _), *_ = JoinedRows(rows).cut(block, 4).values()
        assert column.shape == (2, 3)
        return column

    np.testing.assert_array_equal(cut(tf.constant(3)), rows[0][:, 0, 6])
