"""Conditionals of the ring: normalization, smoothing, widths and slopes."""

import numpy as np
import pytest
import tensorflow as tf

from experiments.job import Job
from experiments.theory import ring
from smoothing_tf.data.densities import DENSITIES

RING = DENSITIES["ring"](tf.float64)


def test_a_conditional_is_normalized_and_narrow_in_two_places():
    density = ring.compute_conditional(RING.prob, 0.6)
    x2 = ring._X2
    step = x2[1] - x2[0]
    assert density.sum() * step == pytest.approx(1.0)
    for sign in (-1.0, 1.0):
        near = np.abs(x2 - sign * 0.8) < 0.1
        assert density[near].sum() * step == pytest.approx(0.5, abs=1e-6)


def test_the_smoothed_density_is_the_mean_of_gaussians_around_samples():
    points = np.array([[0.7, 0.7], [1.2, 0.1], [0.0, 0.3]])
    samples = RING.sample(200_000, seed=tf.constant([1, 2])).numpy()
    squared = np.sum((points[:, None] - samples) ** 2, axis=-1)
    terms = np.exp(-0.5 * squared / 0.1**2) / (2.0 * np.pi * 0.1**2)
    error = terms.std(axis=1) / np.sqrt(len(samples))
    density = ring.make_smoothed_density(RING, 0.1)(tf.constant(points)).numpy()
    assert np.all(np.abs(density - terms.mean(axis=1)) < 4 * error)


def test_the_experiment_measures_the_width_and_the_slopes(tmp_path):
    result = ring.run(Job(tmp_path, quick=True))
    table = result.tables["table"]
    assert [row["c"] for row in table.rows] == [-0.1, 0.0, 0.1]
    for row in table.rows:
        assert row["x1"] == pytest.approx(np.sqrt(0.5) + row["c"])
        width = 0.01 / np.sqrt(1.0 - row["x1"] ** 2)
        assert row["width"] == pytest.approx(width, rel=0.02)
        assert row["slope_smoothed"] < 0.02 * row["slope_raw"]
    assert all(criterion.holds for criterion in table.criteria)
    assert result.figures["figure"].startswith(b"\x89PNG")
