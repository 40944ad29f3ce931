import numpy as np
import pytest

from smoothing_tf.evaluation.nearest_neighbors import (
    median_error,
    nearest_training_distances,
    summarize_distances,
)


def _images(n, seed, shape=(5, 4, 3)):
    rng = np.random.Generator(np.random.PCG64(seed))
    return rng.integers(0, 256, (n, *shape), dtype=np.uint8)


def test_equals_the_double_loop_across_chunks():
    images, training = _images(6, 0, (2, 2, 1)), _images(9000, 1, (2, 2, 1))
    distances, nearest = nearest_training_distances(images, training)
    unit = lambda x: x.astype(np.float64) / 127.5 - 1.0  # noqa: E731
    for image, distance, row in zip(images, distances, nearest):
        differences = (unit(training) - unit(image)).reshape(9000, -1)
        naive = np.linalg.norm(differences, axis=1)
        assert distance == pytest.approx(naive.min(), rel=1e-12, abs=1e-12)
        assert naive[row] == pytest.approx(naive.min(), rel=1e-12, abs=1e-12)


def test_copies_are_found_exactly_and_near_copies_are_none():
    training = _images(20, 2)
    images = training[[3, 7, 7, 11]].copy()
    images[3, 0, 0, 0] ^= 1
    distances, nearest = nearest_training_distances(images, training)
    np.testing.assert_array_equal(nearest, [3, 7, 7, 11])
    np.testing.assert_array_equal(distances[:3], 0.0)
    assert distances[3] == pytest.approx(2.0 / 255.0)
    summary = summarize_distances(distances)
    assert summary["exact_copies"] == 3
    assert summary["n"] == 4
    assert summary["quantiles"]["1.0"] == pytest.approx(2.0 / 255.0)


def test_distances_of_nearly_equal_bright_images_are_exact():
    # |x|^2 + |y|^2 - 2 x.y cancels nine of its digits here.
    training = np.full((30, 64, 64, 3), 255, np.uint8)
    training[np.arange(30), 0, np.arange(30), 0] -= np.arange(1, 31, dtype=np.uint8)
    images = np.full((1, 64, 64, 3), 255, np.uint8)
    distances, nearest = nearest_training_distances(images, training)
    np.testing.assert_array_equal(distances, [2.0 / 255.0])
    np.testing.assert_array_equal(nearest, [0])


def test_any_of_several_nearest_images_may_be_named():
    training = np.repeat(_images(3, 2), 4, axis=0)
    distances, nearest = nearest_training_distances(training[::4], training)
    np.testing.assert_array_equal(distances, np.zeros(3))
    np.testing.assert_array_equal(training[nearest], training[::4])


def test_wrong_images_are_rejected():
    with pytest.raises(TypeError, match="`images_uint8` must be uint8"):
        nearest_training_distances(_images(2, 0).astype(np.float32), _images(2, 0))
    with pytest.raises(ValueError, match="`training_uint8`"):
        nearest_training_distances(_images(2, 0), _images(2, 0, (4, 4, 3)))


@pytest.mark.parametrize("n", [50, 201])
@pytest.mark.parametrize("offset", [0.0, 1e9])
def test_the_error_of_the_median_is_that_of_repetitions(n, offset):
    rng = np.random.Generator(np.random.PCG64(n))
    samples = offset + rng.gamma(2.0, size=(2000, n))
    errors = [median_error(sample) for sample in samples]
    spread = np.std(np.median(samples, axis=1))
    assert np.mean(errors) == pytest.approx(spread, rel=0.1)


def test_a_few_values_have_no_error_of_the_median():
    assert median_error(np.arange(9.0)) is None
    assert median_error(np.arange(10.0)) > 0.0
    assert median_error(np.full(30, 4.0)) == 0.0
