import numpy as np
import pytest

from smoothing_tf.evaluation.kernel_distance import kernel_distance


def _features(n, d=5, seed=0, shift=0.0):
    rng = np.random.Generator(np.random.PCG64(seed))
    return rng.normal(size=(n, d)) + shift


def _naive(x, y):
    def kernel(a, b):
        return (np.dot(a, b) / len(a) + 1.0) ** 3

    n, m = len(x), len(y)
    xx = sum(kernel(x[i], x[j]) for i in range(n) for j in range(n) if i != j)
    yy = sum(kernel(y[i], y[j]) for i in range(m) for j in range(m) if i != j)
    xy = sum(kernel(a, b) for a in x for b in y)
    return xx / (n * (n - 1)) + yy / (m * (m - 1)) - 2.0 * xy / (n * m)


def test_all_samples_estimate_equals_the_double_loop():
    x, y = _features(13), _features(17, seed=1, shift=0.3)
    assert kernel_distance(x, y).all_samples == pytest.approx(_naive(x, y), rel=1e-10)


def test_subsets_of_everything_equal_the_all_samples_estimate():
    x, y = _features(12), _features(12, seed=1)
    mean, std, all_samples = kernel_distance(x, y)
    assert mean == pytest.approx(all_samples, rel=1e-10)
    assert std == pytest.approx(0.0, abs=1e-12)


def test_subsets_equal_the_naive_estimate_of_the_subsets():
    x, y = _features(30), _features(20, seed=1, shift=0.2)
    generator = np.random.Generator(np.random.PCG64(3))
    rows_x = [generator.choice(30, 8, replace=False) for _ in range(5)]
    rows_y = [generator.choice(20, 8, replace=False) for _ in range(5)]
    naive = [_naive(x[i], y[j]) for i, j in zip(rows_x, rows_y)]
    mean, std, _ = kernel_distance(x, y, num_subsets=5, subset_size=8, seed=3)
    assert mean == pytest.approx(np.mean(naive), rel=1e-10)
    assert std == pytest.approx(np.std(naive), rel=1e-9)


def test_unbiased_around_zero_for_equal_distributions():
    estimates = [
        kernel_distance(
            _features(40, seed=2 * i), _features(40, seed=2 * i + 1), num_subsets=1
        ).all_samples
        for i in range(400)
    ]
    standard_error = np.std(estimates) / np.sqrt(400)
    assert abs(np.mean(estimates)) < 4 * standard_error


def test_more_rows_than_a_block_are_summed():
    x, y = _features(1500, d=2), _features(1100, d=2, seed=1, shift=0.5)

    def kernel(a, b):
        return (a @ b.T / 2 + 1.0) ** 3

    expected = (
        (kernel(x, x).sum() - np.diag(kernel(x, x)).sum()) / (1500 * 1499)
        + (kernel(y, y).sum() - np.diag(kernel(y, y)).sum()) / (1100 * 1099)
        - 2.0 * kernel(x, y).mean()
    )
    assert kernel_distance(x, y).all_samples == pytest.approx(expected, rel=1e-10)


def test_deterministic_in_the_seed():
    x, y = _features(30), _features(30, seed=1)
    options = {"num_subsets": 4, "subset_size": 10}
    first = kernel_distance(x, y, seed=5, **options)
    assert first == kernel_distance(x, y, seed=5, **options)
    assert first.mean != kernel_distance(x, y, seed=6, **options).mean


def test_wrong_features_are_rejected():
    with pytest.raises(ValueError, match="`y` must have 5 features"):
        kernel_distance(_features(5), _features(5, d=4))
    with pytest.raises(ValueError, match="at least 2"):
        kernel_distance(_features(1), _features(5))
    with pytest.raises(ValueError, match="finite"):
        kernel_distance(_features(5), np.full((5, 5), np.inf))
