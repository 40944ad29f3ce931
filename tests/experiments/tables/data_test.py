"""The Gaussian that models are compared with."""

import numpy as np
from scipy.stats import multivariate_normal

from experiments.tables.data import gaussian_log_prob


def test_it_is_the_gaussian_of_maximum_likelihood():
    rng = np.random.default_rng(0)
    train = rng.normal(size=(50, 3)) @ rng.normal(size=(3, 3)) + 5.0
    x = rng.normal(size=(7, 3))
    centered = train - train.mean(axis=0)
    expected = multivariate_normal(
        train.mean(axis=0), centered.T @ centered / len(train)
    ).logpdf(x)
    np.testing.assert_allclose(gaussian_log_prob(train, x), expected, rtol=1e-9)
