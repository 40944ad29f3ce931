"""Probabilities for a coder: normalized, and those of the heads' distributions."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models.cells import Cells
from smoothing_tf.models.heads import make_head
from smoothing_tf.numerics import levels_to_unit

_NUM_LEVELS = 5


def _params(head, n=6, seed=0):
    return 1.5 * np.random.default_rng(seed).normal(size=(n, head.num_params))


def _chained(head, params, events, cells=None):
    """Multiplies the probabilities of the channels of events [m, c], indices."""
    points = levels_to_unit(np.arange(_NUM_LEVELS), _NUM_LEVELS, tf.float64).numpy()
    points = points if cells is None else cells.points
    chained = np.zeros([len(events), len(params)])
    for number, event in enumerate(events):
        values = np.tile(points[list(event)], (len(params), 1))
        for channel, index in enumerate(event):
            own = head.probabilities(params, values[:, :channel], cells)
            np.testing.assert_allclose(own.sum(axis=1), 1.0, rtol=1e-14)
            chained[number] += np.log(own[:, index])
    return chained


@pytest.mark.parametrize(
    "name, num_channels",
    [
        ("discretized_logistic_mixture", 1),
        ("discretized_logistic_mixture", 3),
        ("categorical", 1),
    ],
)
def test_levels_have_the_probabilities_of_the_likelihood(name, num_channels):
    head = make_head(name, num_channels, 3, _NUM_LEVELS)
    params = _params(head)
    events = [*itertools.product(range(_NUM_LEVELS), repeat=num_channels)][::3]
    x = levels_to_unit(np.array(events), _NUM_LEVELS, tf.float64)
    expected = head.distribution(tf.constant(params)).log_prob(x[:, None])
    np.testing.assert_allclose(_chained(head, params, events), expected, rtol=1e-9)


@pytest.mark.parametrize("num_channels", [1, 3])
def test_cells_have_the_integral_of_the_density(num_channels):
    # The masses of narrow cells are the density times their volume.
    head = make_head("logistic_mixture", num_channels, 2, None)
    params = 0.3 * _params(head)
    width = 1e-3
    cells = Cells(np.arange(-9000, 9001) * width, True)
    events = np.random.default_rng(1).integers(8000, 10_000, [4, num_channels])
    x = tf.constant(cells.points[events])
    density = head.distribution(tf.constant(params)).log_prob(x[:, None])
    expected = density + num_channels * np.log(width)
    np.testing.assert_allclose(
        _chained(head, params, events, cells), expected, atol=1e-4
    )


@pytest.mark.parametrize("num_channels", [1, 3])
def test_wide_cells_have_the_sums_of_narrow_ones(num_channels):
    head = make_head("logistic_mixture", num_channels, 2, None)
    params = _params(head)
    narrow = Cells((np.arange(30) - 14.5) / 10.0, True)
    wide = Cells((np.arange(10) - 4.5) * 0.3, True)
    previous = np.zeros([len(params), 0])
    np.testing.assert_allclose(
        head.probabilities(params, previous, narrow).reshape(-1, 10, 3).sum(axis=2),
        head.probabilities(params, previous, wide),
        rtol=1e-11,
        atol=1e-15,
    )


@pytest.mark.parametrize("num_channels", [1, 3])
def test_points_of_a_lattice_are_as_likely_as_the_density_there(num_channels):
    head = make_head("logistic_mixture", num_channels, 3, None)
    params = _params(head)
    shifts = np.random.default_rng(2).uniform(-0.3, 0.3, [len(params), 1])
    lattice = Cells(shifts + 0.6 * np.arange(-3, 4), False)
    previous = 0.1 * np.random.default_rng(3).normal(
        size=(len(params), num_channels - 1)
    )
    found = head.probabilities(params, previous, lattice)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-14)
    log_density = np.stack(
        [
            head.distribution(tf.constant(params)).log_prob(
                np.concatenate([previous, lattice.points[:, [k]]], axis=1)
            )
            for k in range(7)
        ],
        axis=1,
    )
    differences = np.log(found) - log_density
    np.testing.assert_allclose(differences, differences[:, [0] * 7], atol=1e-9)


def test_extreme_parameters_leave_every_row_normalized():
    head = make_head("discretized_logistic_mixture", 1, 2, 256)
    params = 100.0 * _params(head, 50)
    found = head.probabilities(params, np.zeros([50, 0]))
    assert found.min() >= 0.0
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-14)


def test_a_continuous_head_needs_cells():
    head = make_head("logistic_mixture", 1, 2, None)
    with pytest.raises(ValueError, match="`cells` must be given"):
        head.probabilities(_params(head), np.zeros([6, 0]))


@pytest.mark.parametrize("have_extent", [True, False])
def test_very_large_scales_do_not_overflow(have_extent):
    head = make_head("logistic_mixture", 3, 1, None)
    params = np.full([1, head.num_params], 1e3)
    cells = Cells(np.linspace(-1.0, 1.0, 5), have_extent)
    with np.errstate(all="raise", under="ignore"):
        probabilities = head.probabilities(params, np.zeros([1, 2]), cells)
    np.testing.assert_allclose(np.sum(probabilities), 1.0)
