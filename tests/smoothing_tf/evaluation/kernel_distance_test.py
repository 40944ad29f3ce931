import importlib

import numpy as np
import pytest

from smoothing_tf.evaluation.kernel_distance import (
    KernelDistanceTo,
    kernel_distance,
    subset_kernel_distance,
)


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


def test_the_value_equals_the_double_loop():
    x, y = _features(13), _features(17, seed=1, shift=0.3)
    assert kernel_distance(x, y).value == pytest.approx(_naive(x, y), rel=1e-10)


def test_several_sets_are_compared_with_one():
    x, others = _features(13), [_features(n, seed=n, shift=0.3) for n in (17, 5)]
    distance_to_x = KernelDistanceTo(x)
    assert [distance_to_x(y) for y in others] == [kernel_distance(x, y) for y in others]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_tiles_give_the_value_of_the_whole(monkeypatch, dtype):
    x, y = (_features(n, seed=n).astype(dtype) for n in (23, 17))
    whole = kernel_distance(x.astype(np.float64), y.astype(np.float64))
    # The package has a function of the module's name.
    module = importlib.import_module("smoothing_tf.evaluation.kernel_distance")
    monkeypatch.setattr(module, "_TILE_ROWS", 5)
    tiled = kernel_distance(x, y)
    assert tiled.value == pytest.approx(whole.value, rel=1e-12)
    assert tiled.se == pytest.approx(whole.se, rel=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e5])
def test_it_does_not_matter_which_set_comes_first(offset):
    x, y = _features(200) + offset, _features(150, seed=1, shift=2.0) + offset
    forth, back = kernel_distance(x, y), kernel_distance(y, x)
    assert forth.value == pytest.approx(back.value, rel=1e-8)
    # The anchor is the mean of the first set; see below.
    assert forth.se == pytest.approx(back.se, rel=0.02)


def test_subsets_of_everything_equal_the_value():
    x, y = _features(12), _features(12, seed=1)
    mean, std = subset_kernel_distance(x, y, subset_size=12)
    assert mean == pytest.approx(kernel_distance(x, y).value, rel=1e-10)
    assert std == pytest.approx(0.0, abs=1e-12)


def test_subsets_equal_the_naive_estimate_of_the_subsets():
    x, y = _features(30), _features(20, seed=1, shift=0.2)
    generator = np.random.Generator(np.random.PCG64(3))
    rows = [
        (generator.choice(30, 8, replace=False), generator.choice(20, 8, replace=False))
        for _ in range(5)
    ]
    naive = [_naive(x[i], y[j]) for i, j in rows]
    mean, std = subset_kernel_distance(x, y, num_subsets=5, subset_size=8, seed=3)
    assert mean == pytest.approx(np.mean(naive), rel=1e-10)
    assert std == pytest.approx(np.std(naive), rel=1e-9)


def test_unbiased_around_zero_for_equal_distributions():
    estimates = [
        kernel_distance(_features(40, seed=2 * i), _features(40, seed=2 * i + 1)).value
        for i in range(400)
    ]
    standard_error = np.std(estimates) / np.sqrt(400)
    assert abs(np.mean(estimates)) < 4 * standard_error


@pytest.mark.parametrize(
    ("num_x", "num_y", "shift", "low", "high"),
    [
        # Both samples count, whichever is the smaller one.
        (100, 100, 1.0, 0.85, 1.2),
        (400, 60, 1.0, 0.85, 1.2),
        (60, 400, 1.0, 0.85, 1.2),
        # At equality the second-order terms are counted twice.
        (100, 100, 0.0, 1.1, 1.7),
        (300, 50, 0.0, 1.1, 1.7),
    ],
)
def test_the_error_is_that_of_repetitions(num_x, num_y, shift, low, high):
    values, errors = np.transpose(
        [
            kernel_distance(
                _features(num_x, seed=2 * i), _features(num_y, 5, 2 * i + 1, shift)
            )
            for i in range(300)
        ]
    )
    assert low < np.mean(errors) / np.std(values) < high
    covered = np.mean(np.abs(values - np.mean(values)) < 1.96 * errors)
    assert covered > 0.9


def test_more_rows_than_a_block_are_summed():
    x, y = _features(1500, d=2), _features(1100, d=2, seed=1, shift=0.5)

    def kernel(a, b):
        return (a @ b.T / 2 + 1.0) ** 3

    within_x, within_y, across = kernel(x, x), kernel(y, y), kernel(x, y)
    for matrix in (within_x, within_y):
        np.fill_diagonal(matrix, 0.0)
    expected = (
        within_x.sum() / (1500 * 1499)
        + within_y.sum() / (1100 * 1099)
        - 2.0 * across.mean()
    )
    witness_x = within_x.sum(axis=1) / 1499 - across.mean(axis=1)
    witness_y = within_y.sum(axis=1) / 1099 - across.mean(axis=0)
    error = 2.0 * np.sqrt(
        np.var(witness_x, ddof=1) / 1500 + np.var(witness_y, ddof=1) / 1100
    )
    value, se = kernel_distance(x, y)
    assert value == pytest.approx(expected, rel=1e-9)
    # An anchor adds means over all other rows, which differ by 1/m between the rows.
    assert se == pytest.approx(error, rel=1e-3)


@pytest.mark.parametrize("offset", [1e3, 1e6])
def test_features_far_from_the_origin_do_not_cancel(offset):
    # Whole numbers: Python's integers give the exact value.
    rng = np.random.Generator(np.random.PCG64(0))
    x, y = rng.integers(-3, 4, (9, 4)), rng.integers(-3, 5, (8, 4))
    offset = int(offset)

    def total(rows, columns, is_same):
        return sum(
            (int(a @ b) + 4) ** 3
            for i, a in enumerate(rows.astype(object) + offset)
            for j, b in enumerate(columns.astype(object) + offset)
            if not (is_same and i == j)
        )

    # In units of 1 / (4^3 * 9 * 8 * 8 * 7).
    exact = (
        total(x, x, True) * 8 * 7
        + total(y, y, True) * 9 * 8
        - 2 * total(x, y, False) * 8 * 7
    ) / (4**3 * 9 * 8 * 8 * 7)
    value = kernel_distance(x + float(offset), y + float(offset)).value
    assert value == pytest.approx(exact, rel=1e-9)


def test_equal_rows_have_no_distance_whatever_their_offset():
    x = np.repeat(_features(1, shift=1e4), 20, axis=0)
    assert kernel_distance(x, x) == pytest.approx((0.0, 0.0), abs=1e-15)


def test_subsets_are_deterministic_in_the_seed():
    x, y = _features(30), _features(30, seed=1)
    options = {"num_subsets": 4, "subset_size": 10}
    first = subset_kernel_distance(x, y, seed=5, **options)
    assert first == subset_kernel_distance(x, y, seed=5, **options)
    assert first.mean != subset_kernel_distance(x, y, seed=6, **options).mean


def test_wrong_features_are_rejected():
    with pytest.raises(ValueError, match="`y` must have 5 features"):
        kernel_distance(_features(5), _features(5, d=4))
    with pytest.raises(ValueError, match="at least 2"):
        kernel_distance(_features(1), _features(5))
    with pytest.raises(ValueError, match="finite"):
        kernel_distance(_features(5), np.full((5, 5), np.inf))
    with pytest.raises(ValueError, match="`subset_size` must be between 2 and 5"):
        subset_kernel_distance(_features(5), _features(9), subset_size=6)
