import numpy as np
import pytest
import scipy.linalg

from smoothing_tf.evaluation.frechet import (
    MomentsAccumulator,
    frechet_distance,
    frechet_jackknife,
)
from tests.smoothing_tf.evaluation.digits import moments_distance


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
    assert frechet_distance(mu1, sigma1, mu1, sigma1) == 0.0


def test_singular_covariances_of_few_rows():
    # Both live in the same five dimensions, where the distance has a closed form.
    basis = _rotation(12)[:, :5]
    a, b = np.arange(1.0, 6.0), np.arange(2.0, 7.0)
    zero = np.zeros(12)
    distance = frechet_distance(
        zero, basis * a**2 @ basis.T, zero, basis * b**2 @ basis.T
    )
    assert distance == pytest.approx(5.0, abs=1e-11)


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


def _blocks(features, num_blocks=10):
    return [_moments(block) for block in np.array_split(features, num_blocks)]


@pytest.mark.parametrize(("num_reference", "num_samples"), [(400, 400), (150, 2000)])
def test_jackknife_error_covers_the_samples_and_the_reference(
    num_reference, num_samples
):
    distances, errors = [], []
    for seed in range(200):
        reference = _rng(2 * seed).normal(size=(num_reference, 2))
        samples = _rng(2 * seed + 1).normal(size=(num_samples, 2)) + 0.5
        estimate = frechet_jackknife(_blocks(reference), _blocks(samples))
        direct = frechet_distance(
            *_moments(reference).finalize(), *_moments(samples).finalize()
        )
        assert estimate.value == pytest.approx(direct, rel=1e-9)
        assert 9.0 <= estimate.degrees_of_freedom <= 18.0 + 1e-9
        distances.append(estimate.value)
        errors.append(estimate.se)
    # The mean error bar is known to a few per cent, the spread to 5 %.
    assert np.mean(errors) == pytest.approx(np.std(distances, ddof=1), rel=0.2)


def test_degrees_of_freedom_are_those_of_the_sample_that_counts():
    reference, samples = _rng(1).normal(size=(50_000, 2)), _rng(2).normal(size=(50, 2))
    estimate = frechet_jackknife(_blocks(reference), _blocks(samples + 1.0))
    assert estimate.degrees_of_freedom == pytest.approx(9.0, rel=0.01)
    assert estimate.se_reference < 0.1 * estimate.se
    estimate = frechet_jackknife(_blocks(reference, 20), _blocks(samples + 1.0, 5))
    assert estimate.degrees_of_freedom == pytest.approx(4.0, rel=0.01)


@pytest.mark.parametrize(("n", "d"), [(10, 512), (5, 64), (400, 20), (2, 3)])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_a_set_has_no_distance_to_itself(n, d, offset):
    features = _rng().normal(size=(n, d)) + offset
    assert moments_distance(features, features.copy()) == 0.0
    # Added in other batches, the moments differ by rounding.
    other = _moments(features, 3)
    distance = frechet_distance(*_moments(features).finalize(), *other.finalize())
    assert 0.0 <= distance < 1e-9 * d


def test_covariances_that_are_negative_by_rounding_are_none():
    tiny = -1e-20 * np.eye(3)
    assert frechet_distance(np.zeros(3), tiny, np.ones(3), np.eye(3)) == 6.0


def test_distances_of_constant_features():
    same = np.full((6, 4), 0.1)
    assert moments_distance(same, same) == 0.0
    assert moments_distance(same, same + 2.0) == pytest.approx(16.0, rel=1e-12)
    estimate = frechet_jackknife(_blocks(same, 3), _blocks(same + 2.0, 3))
    assert estimate.se == 0.0 and estimate.value == pytest.approx(16.0, rel=1e-12)


@pytest.mark.parametrize("shift", [1e-5, 1e-3])
def test_few_rows_of_many_features_that_are_nearly_equal(shift):
    features = _rng().normal(size=(10, 300))
    moved = features + shift
    assert moments_distance(features, moved) == pytest.approx(
        300 * shift**2, rel=1e-4, abs=1e-12
    )


def test_a_common_offset_changes_nothing():
    x, y = _rng(1).normal(size=(200, 8)), 1.1 * _rng(2).normal(size=(200, 8))
    expected = frechet_jackknife(_blocks(x), _blocks(y))
    moved = frechet_jackknife(_blocks(x + 1e6), _blocks(y + 1e6))
    assert moved == pytest.approx(expected, rel=1e-6)


def test_moments_far_from_the_origin_keep_their_digits():
    features = _rng().integers(-3, 4, (20_000, 3)).astype(np.float64)
    mean, covariance = _moments(features + 2.0**30, 1024).finalize()
    # Float64 holds means of this size to 1e-7.
    np.testing.assert_allclose(mean - 2.0**30, features.mean(axis=0), atol=3e-7)
    np.testing.assert_allclose(covariance, np.cov(features, rowvar=False), atol=2e-8)
