import numpy as np
import pytest

from smoothing_tf.evaluation.precision_recall import precision_recall


def _points(n, d=3, seed=0, shift=0.0):
    rng = np.random.Generator(np.random.PCG64(seed))
    return rng.normal(size=(n, d)) + shift


def _naive_share(points, centers, k):
    radii = []
    for i, center in enumerate(centers):
        others = [np.linalg.norm(c - center) for j, c in enumerate(centers) if j != i]
        radii.append(sorted(others)[k - 1])
    inside = [
        any(np.linalg.norm(p - c) <= r for c, r in zip(centers, radii)) for p in points
    ]
    return np.mean(inside)


@pytest.mark.parametrize("k", [1, 3])
def test_equals_the_double_loop(k):
    real, generated = _points(40), _points(30, seed=1, shift=0.8)
    precision, recall = precision_recall(real, generated, num_neighbors=k)
    assert precision == _naive_share(generated, real, k)
    assert recall == _naive_share(real, generated, k)


def test_copies_of_the_data_are_precise_and_complete():
    real = _points(50)
    assert precision_recall(real, real.copy()) == (1.0, 1.0)


def test_distant_samples_are_neither():
    assert precision_recall(_points(50), _points(50, seed=1, shift=99.0)) == (0.0, 0.0)


def test_one_mode_of_two_is_precise_but_not_complete():
    real = np.concatenate([_points(100), _points(100, seed=1, shift=50.0)])
    precision, recall = precision_recall(real, _points(100, seed=2))
    assert precision > 0.8
    assert 0.3 < recall <= 0.5


def test_swapping_the_sets_swaps_the_figures():
    real, generated = _points(40), _points(30, seed=1, shift=0.8)
    precision, recall = precision_recall(real, generated)
    assert precision_recall(generated, real) == (recall, precision)


def test_repeated_points_far_from_the_origin_have_empty_balls():
    real = np.repeat(_points(5, shift=1e3), 4, axis=0)
    assert precision_recall(real, real[::4].repeat(4, axis=0)) == (1.0, 1.0)
    assert precision_recall(real, real + 1e-3).precision == 0.0


@pytest.mark.parametrize("d", [3, 200])
def test_balls_of_nearly_equal_points_keep_their_size(d):
    # The generated points are ten times as far from the real ones as those are from
    # each other, and all are far from the origin.
    real = 1e3 + 1e-6 * _points(50, d)
    assert precision_recall(real, real + 1e-4) == (0.0, 0.0)
    assert precision_recall(real, 1e3 + 1e-6 * _points(50, d, seed=1)).precision > 0.5


def test_too_few_points_are_an_error():
    with pytest.raises(ValueError, match="`generated` must have more than 3 rows"):
        precision_recall(_points(10), _points(3))
