import numpy as np

from smoothing_tf.evaluation.anchored_kernel import AnchoredKernel


def _cubic(x, y):
    return (x @ y.T / x.shape[1] + 1.0) ** 3


def _set(n, seed):
    return np.random.Generator(np.random.PCG64(seed)).normal(size=(n, 3)) + 1.0


def test_it_is_the_cubic_kernel_without_the_terms_of_one_argument():
    x, y, anchor = _set(6, 0), _set(5, 1), _set(1, 2)
    expected = (
        _cubic(x, y) - _cubic(x, anchor) - _cubic(anchor, y) + _cubic(anchor, anchor)
    )
    np.testing.assert_allclose(AnchoredKernel(anchor[0])(x, y), expected, rtol=1e-9)


def test_it_vanishes_at_the_anchor():
    anchor = _set(1, 2)
    assert np.all(AnchoredKernel(anchor[0])(_set(6, 0), anchor) == 0.0)


def test_sums_are_those_of_the_matrix():
    kernel = AnchoredKernel(_set(1, 2)[0])
    x, y = _set(1300, 0), _set(1100, 1)
    across = kernel.sum_across(x, y)
    np.testing.assert_allclose(across.rows, kernel(x, y).sum(axis=1), rtol=1e-9)
    np.testing.assert_allclose(across.columns, kernel(x, y).sum(axis=0), rtol=1e-9)
    within = kernel(x, x)
    np.fill_diagonal(within, 0.0)
    np.testing.assert_allclose(kernel.sum_within(x), within.sum(axis=1), rtol=1e-9)
