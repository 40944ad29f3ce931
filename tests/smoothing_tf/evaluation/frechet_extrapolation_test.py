"""The Frechet distance at infinite n, where it is known."""

import numpy as np
import pytest
import scipy.stats

from smoothing_tf.evaluation.frechet import MomentsAccumulator
from smoothing_tf.evaluation.frechet_extrapolation import extrapolate_frechet

_MEAN, _SCALE = 0.4, 1.3


def _blocks(x, num_blocks=10):
    return [MomentsAccumulator().update(b) for b in np.array_split(x, num_blocks)]


def _estimate(n, n_reference, d, seed, mean=_MEAN, scale=_SCALE):
    rng = np.random.Generator(np.random.PCG64([n, n_reference, d, seed]))
    reference = rng.normal(size=(n_reference, d))
    samples = mean + scale * rng.normal(size=(n, d))
    return extrapolate_frechet(_blocks(reference), _blocks(samples))


def _true_distance(d, mean=_MEAN, scale=_SCALE):
    return d * (mean**2 + (scale - 1.0) ** 2)


@pytest.mark.parametrize("n, n_reference", [(40, 40), (40, 160), (160, 40)])
def test_the_bias_of_a_finite_number_of_rows_on_either_side_is_gone(n, n_reference):
    found = [_estimate(n, n_reference, 8, seed) for seed in range(60)]
    values = np.array([estimate.value for estimate in found])
    at_n = np.array([estimate.distances[0] for estimate in found])
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    truth = _true_distance(8)
    assert abs(values.mean() - truth) < 4.0 * error
    assert at_n.mean() - truth > 6.0 * error


@pytest.mark.parametrize(
    "mean, scale, fewest, most",
    [
        # Of 400 intervals between equal distributions, 98.2 % covered the distance. Of
        # 100, 92 or fewer then do with a probability below 0.1 %, and all with 16 %.
        pytest.param(0.0, 1.0, 93, 100, id="equal"),
        # Away from them it was 94.5 %: 0.1 % for 86 or fewer, 0.3 % for all.
        pytest.param(_MEAN, _SCALE, 87, 99, id="away"),
    ],
)
def test_intervals_cover_the_known_distance_as_often_as_simulated(
    mean, scale, fewest, most
):
    found = [_estimate(40, 40, 8, seed, mean, scale) for seed in range(100)]
    num_covered = 0
    for estimate in found:
        quantile = scipy.stats.t.ppf(0.975, estimate.degrees_of_freedom)
        error = abs(estimate.value - _true_distance(8, mean, scale))
        num_covered += error <= quantile * estimate.se
    assert fewest <= num_covered <= most
    spread = np.std([estimate.value for estimate in found], ddof=1)
    assert 0.8 < np.mean([estimate.se for estimate in found]) / spread < 1.5


def test_distances_are_those_of_the_rows_that_are_kept():
    rng = np.random.Generator(np.random.PCG64(0))
    reference, samples = rng.normal(size=(80, 3)), 1.5 * rng.normal(size=(120, 3))
    found = extrapolate_frechet(_blocks(reference), _blocks(samples))
    assert found.shares == pytest.approx((1.0, 0.9, 0.8, 0.5))

    def distance(kept_reference, kept_samples):
        sides = [
            (np.mean(x, axis=0), np.cov(x, rowvar=False))
            for x in (reference[kept_reference], samples[kept_samples])
        ]
        (mu1, s1), (mu2, s2) = sides
        root = scipy.linalg.sqrtm(s1 @ s2).real
        return np.sum((mu1 - mu2) ** 2) + np.trace(s1 + s2 - 2.0 * root)

    blocks = [
        (np.arange(8 * b, 8 * b + 8), np.arange(12 * b, 12 * b + 12)) for b in range(10)
    ]

    def without(left_out):
        kept = [pair for b, pair in enumerate(blocks) if b not in left_out]
        return distance(*(np.concatenate(side) for side in zip(*kept)))

    expected = [
        without([]),
        np.mean([without([b]) for b in range(10)]),
        np.mean([without([b, c]) for b in range(10) for c in range(b)]),
        np.mean([without(range(5)), without(range(5, 10))]),
    ]
    np.testing.assert_allclose(found.distances, expected, rtol=1e-8)
    line = np.polyfit([1.0, 1.0 / 0.9, 1.0 / 0.8], expected[:3], 1)
    np.testing.assert_allclose([found.slope, found.value], line, rtol=1e-6)


def test_a_feature_that_never_varies_changes_nothing():
    rng = np.random.Generator(np.random.PCG64(0))
    reference, samples = rng.normal(size=(50, 3)), 1.5 * rng.normal(size=(50, 3))
    found = [
        extrapolate_frechet(
            *(_blocks(np.pad(x, ((0, 0), (0, more)))) for x in (reference, samples))
        )
        for more in (0, 2)
    ]
    assert found[1].value == pytest.approx(found[0].value, rel=1e-6)
    assert found[1].se == pytest.approx(found[0].se, rel=1e-5)


def test_blocks_that_do_not_pair_are_rejected():
    x = np.random.Generator(np.random.PCG64(0)).normal(size=(40, 2))
    for numbers in ((10, 9), (3, 3)):
        with pytest.raises(ValueError, match="`samples` must have as many blocks"):
            extrapolate_frechet(*(_blocks(x, number) for number in numbers))
