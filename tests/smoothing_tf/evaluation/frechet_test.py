import numpy as np
import pytest
import scipy.linalg

from smoothing_tf.evaluation.frechet import (
    MomentsAccumulator,
    frechet_distance,
    frechet_jackknife,
)


def _rng(seed=0):
    return np.random.Generator(np.random.PCG64(seed))


def _rotation(d, seed=0):
    return np.linalg.qr(_rng(seed).normal(size=(d, d)))[0]


def _gaussian(d, seed):
    rng = _rng(seed)
    factor = rng.normal(size=(d, d))
    return rng.normal(size=d), factor @ factor.T / d


def _moments(features, batch_size=None):
    accumulator = MomentsAccumulator()
    for start in range(0, len(features), batch_size or len(features)):
        accumulator.update(features[start : start + (batch_size or len(features))])
    return accumulator


def test_commuting_covariances_have_a_closed_form():
    rng = _rng()
    a, b = rng.uniform(0.1, 2.0, 7), rng.uniform(0.1, 2.0, 7)
    mu1, mu2 = rng.normal(size=7), rng.normal(size=7)
    basis = _rotation(7)
    expected = np.sum((mu1 - mu2) ** 2) + np.sum((a - b) ** 2)
    distance = frechet_distance(
        mu1, basis * a**2 @ basis.T, mu2, basis * b**2 @ basis.T
    )
    assert isinstance(distance, float)
    assert distance == pytest.approx(expected, rel=1e-12)


def test_agrees_with_the_matrix_square_root():
    (mu1, sigma1), (mu2, sigma2) = _gaussian(20, 1), _gaussian(20, 2)
    root = scipy.linalg.sqrtm(sigma1 @ sigma2).real
    expected = np.sum((mu1 - mu2) ** 2) + np.trace(sigma1 + sigma2 - 2 * root)
    distance = frechet_distance(mu1, sigma1, mu2, sigma2)
    assert distance == pytest.approx(expected, rel=1e-9)


def test_invariant_to_rotation_and_shift_and_scales_with_the_square():
    (mu1, sigma1), (mu2, sigma2) = _gaussian(6, 3), _gaussian(6, 4)
    expected = frechet_distance(mu1, sigma1, mu2, sigma2)
    turn, shift = _rotation(6, 5), _rng(6).normal(size=6)
    moved = frechet_distance(
        turn @ mu1 + shift,
        turn @ sigma1 @ turn.T,
        turn @ mu2 + shift,
        turn @ sigma2 @ turn.T,
    )
    scaled = frechet_distance(3 * mu1, 9 * sigma1, 3 * mu2, 9 * sigma2)
    assert moved == pytest.approx(expected, rel=1e-12)
    assert scaled == pytest.approx(9 * expected, rel=1e-12)


def test_symmetric_and_zero_between_equals():
    (mu1, sigma1), (mu2, sigma2) = _gaussian(9, 7), _gaussian(9, 8)
    forth = frechet_distance(mu1, sigma1, mu2, sigma2)
    back = frechet_distance(mu2, sigma2, mu1, sigma1)
    assert forth == pytest.approx(back, rel=1e-12)
    assert frechet_distance(mu1, sigma1, mu1, sigma1) == pytest.approx(0.0, abs=1e-12)


def test_singular_covariances_of_few_rows():
    # Both live in the same five dimensions, where the distance has a closed form.
    basis = _rotation(12)[:, :5]
    a, b = np.arange(1.0, 6.0), np.arange(2.0, 7.0)
    zero = np.zeros(12)
    distance = frechet_distance(
        zero, basis * a**2 @ basis.T, zero, basis * b**2 @ basis.T
    )
    # The seven eigenvalues that should be 0 are rounding, of size 1e-16 times that of
    # the product, 36 * 49, and their roots are summed: 7 sqrt(2e-13) = 3e-6.
    assert distance == pytest.approx(5.0, abs=3e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mu1": np.zeros((2, 2))}, "`mu1`"),
        ({"sigma2": np.eye(3)}, "`sigma2`"),
        ({"mu2": np.zeros(3), "sigma2": np.eye(3)}, "`mu2`"),
        ({"mu1": np.array([0.0, np.nan])}, "finite"),
        ({"sigma1": np.array([[1.0, 0.5], [0.0, 1.0]])}, "symmetric"),
    ],
)
def test_wrong_moments_are_rejected(change, message):
    moments = {
        "mu1": np.zeros(2),
        "sigma1": np.eye(2),
        "mu2": np.zeros(2),
        "sigma2": np.eye(2),
    }
    with pytest.raises(ValueError, match=message):
        frechet_distance(**(moments | change))


def test_streamed_moments_equal_numpy_whatever_the_batches_and_merges():
    features = _rng().normal(size=(103, 5)) + 1e3
    mean, covariance = np.mean(features, 0), np.cov(features, rowvar=False)
    merged = _moments(features[:40], 7).merge(_moments(features[40:], 64))
    for accumulator in (_moments(features), _moments(features, 10), merged):
        assert accumulator.count == 103
        got_mean, got_covariance = accumulator.finalize()
        np.testing.assert_allclose(got_mean, mean, rtol=1e-12)
        np.testing.assert_allclose(got_covariance, covariance, rtol=1e-9)


def test_empty_batches_and_accumulators_change_nothing():
    features = _rng().normal(size=(10, 3))
    accumulator = _moments(features)
    accumulator.update(features[:0]).merge(MomentsAccumulator())
    fresh = MomentsAccumulator().merge(accumulator)
    np.testing.assert_array_equal(fresh.mean, accumulator.mean)
    assert accumulator.count == 10


def test_wrong_features_are_rejected():
    accumulator = _moments(np.zeros((3, 2)))
    with pytest.raises(ValueError, match="columns"):
        accumulator.update(np.zeros((3, 4)))
    with pytest.raises(ValueError, match="finite"):
        accumulator.update(np.full((3, 2), np.nan))
    with pytest.raises(ValueError, match="shape"):
        accumulator.update(np.zeros(3))
    with pytest.raises(ValueError, match="at least 2"):
        MomentsAccumulator().finalize()


def test_jackknife_error_matches_the_spread_of_repetitions():
    reference = _moments(_rng(1).normal(size=(20_000, 2)))
    distances, errors = [], []
    for seed in range(200):
        features = _rng(100 + seed).normal(size=(500, 2)) + 0.5
        blocks = [_moments(block) for block in np.array_split(features, 10)]
        distance, se = frechet_jackknife(reference, blocks)
        mean, covariance = _moments(features).finalize()
        direct = frechet_distance(*reference.finalize(), mean, covariance)
        assert distance == pytest.approx(direct, rel=1e-9)
        distances.append(distance)
        errors.append(se)
    # The mean error bar is known to a few per cent, the spread to 5 %.
    assert np.mean(errors) == pytest.approx(np.std(distances, ddof=1), rel=0.2)
