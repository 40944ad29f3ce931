"""Quadrature over the noise reproduces known moments and edges."""

import numpy as np
import pytest

from experiments.theory.noise_quadrature import noise_reach, noise_rule
from smoothing_tf.smoothing import SMOOTHINGS, Uniform


@pytest.mark.parametrize("kernel", SMOOTHINGS)
@pytest.mark.parametrize("noise_scale", [1e-3, 2.0])
def test_moments_are_those_of_the_noise(kernel, noise_scale):
    nodes, weights = noise_rule(SMOOTHINGS[kernel](noise_scale))
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert weights @ nodes == pytest.approx(0.0, abs=1e-12 * noise_scale)
    assert weights @ nodes**2 == pytest.approx(noise_scale**2, rel=1e-12)


def test_a_bounded_support_ends_at_its_edge():
    assert noise_reach(Uniform(0.3)) == pytest.approx(0.3 * np.sqrt(3.0), rel=1e-12)
