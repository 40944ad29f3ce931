"""Of the exact p(x~) a single step is the posterior mean."""

import tensorflow as tf

from experiments.toys.single_step import compare_single_step
from smoothing_tf.data.densities import DENSITIES
from smoothing_tf.models import DensityModel, TwoStageModel
from smoothing_tf.smoothing import Gaussian

NOISE_SCALE = 0.25


class Exact(DensityModel):
    """The density of smoothed rings; detached, without a gradient in x_1."""

    is_autoregressive = True  # As far as it is detached.

    def __init__(self, is_conditional: bool):
        super().__init__((2,), is_conditional)
        self._density = DENSITIES["rings"](tf.float64).smoothed(NOISE_SCALE)

    def log_prob(self, x, context=None, *, dropout_seed=None):
        return self._density.log_prob(tf.cast(x, tf.float64))

    def log_prob_detached(self, x):
        first, second = tf.split(x, 2, axis=-1)
        return self.log_prob(tf.concat([tf.stop_gradient(first), second], axis=-1))

    def sample(self, num_samples, context=None, **_):
        raise NotImplementedError


def test_the_exact_density_gives_the_posterior_mean():
    both = TwoStageModel(Gaussian(NOISE_SCALE), Exact(False), Exact(True))
    distances, arrays = compare_single_step(
        both, DENSITIES["rings"](), num_points=500, seed=1
    )
    assert distances["exact"] < 1e-4
    assert 0.02 < distances["truncated"] < distances["x_smoothed"]
    assert arrays["arrow_exact"].shape == (500, 2)
