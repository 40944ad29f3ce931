"""Groups of images: together they are the batch, in its order."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models.image_groups import in_groups


@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_groups_are_joined_in_the_order_of_the_batch(batch_size):
    x = tf.reshape(tf.range(3.0 * batch_size), [batch_size, 3])

    @tf.function(autograph=False)
    def run(x):
        def work(images):
            part = images.of(x)
            return part + 1.0, (tf.fill([images.number], images.number),)

        signature = (
            tf.TensorSpec([None, 3], tf.float32),
            (tf.TensorSpec([None], tf.int32),),
        )
        return in_groups(work, tf.shape(x)[0], signature)

    joined, (sizes,) = run(x)
    np.testing.assert_array_equal(joined, x + 1.0)
    # Two groups, as even as can be.
    expected = {1: [1], 2: [1, 1], 5: [2, 2, 3, 3, 3]}[batch_size]
    np.testing.assert_array_equal(sizes, expected)
