"""Seeds are names: equal names agree, different ones do not."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.seeds import derive_seed, example_seeds


def test_every_part_of_the_name_counts():
    names = itertools.product([0, 1, 2**31 - 1], ["noise", "order"], range(5), range(5))
    seeds = {tuple(derive_seed(s, p, *i).numpy()) for s, p, *i in names}
    assert len(seeds) == 3 * 2 * 25


def test_the_same_inside_a_compiled_function():
    compiled = tf.function(lambda seed, index: derive_seed(seed, "noise", index))
    np.testing.assert_array_equal(
        compiled(tf.constant(3), tf.constant(4, tf.int64)), derive_seed(3, "noise", 4)
    )


def test_a_seed_that_does_not_fit_is_rejected():
    with pytest.raises(ValueError, match="`seed` must be at most 2147483647"):
        derive_seed(2**31, "noise")
    with pytest.raises(ValueError, match="`seed` must be at most 2147483647"):
        derive_seed(np.int64(2**31), "noise")


@pytest.mark.parametrize("seed", [None, 1.5, "1", True])
def test_a_seed_that_is_no_integer_is_rejected(seed):
    with pytest.raises(ValueError, match="`seed` must be an integer; got"):
        derive_seed(seed, "noise")


def test_a_seed_can_be_refined():
    once = derive_seed(derive_seed(1, "a"), "b")
    assert once.shape == (2,) and once.dtype == tf.int32
    assert np.any(once != derive_seed(1, "b"))


def test_seeds_are_refined_one_by_one():
    seeds = tf.constant([[1, 2], [3, 4], [5, 6]])
    expected = np.stack([derive_seed(seed, "a", 7) for seed in seeds])
    for number in (3, 2):
        given = seeds[:number]
        refine = tf.function(lambda seeds: derive_seed(seeds, "a", 7), autograph=False)
        np.testing.assert_array_equal(derive_seed(given, "a", 7), expected[:number])
        # XLA needs shapes that are known where those of the seeds are.
        for spec in (given, tf.TensorSpec([None, 2], tf.int32)):
            concrete = refine.get_concrete_function(spec)
            assert concrete.output_shapes == spec.shape
            np.testing.assert_array_equal(concrete(given), expected[:number])


def test_several_seeds_are_refined_under_xla():
    function = tf.function(
        lambda seeds: derive_seed(seeds, "a"), jit_compile=True, autograph=False
    )
    # XLA has random numbers of its own.
    np.testing.assert_array_equal(
        function(tf.constant([[1, 2], [1, 2]])),
        [function(tf.constant([1, 2]))] * 2,
    )


def test_as_many_streams_as_examples():
    np.testing.assert_array_equal(example_seeds([[1, 2], [3, 4]], 2), [[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="or 3 seeds for 3 examples; got 2"):
        example_seeds([[1, 2], [3, 4]], 3)
