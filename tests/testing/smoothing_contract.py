"""Tests that every smoothing distribution passes; its own test inherits them."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from smoothing_tf.smoothing import NoiseStream, Smoothing


class SmoothingContract:
    """Inherit it, set `smoothing` to the class, and pytest runs the tests."""

    smoothing: type[Smoothing]

    def test_is_normalized(self):
        x = tf.constant([[0.3]], tf.float64)
        grid = np.linspace(-40, 40, 800_001)
        density = np.exp(
            self.smoothing(0.7).distribution(x).log_prob(grid[:, None, None])[:, 0]
        )
        np.testing.assert_allclose(np.trapezoid(density, grid), 1.0, atol=1e-4)

    @pytest.mark.parametrize("noise_scale", [0.1, 2.0])
    def test_noise_scale_is_the_standard_deviation_around_x(self, noise_scale):
        x = tf.constant([[1.0, -2.0]])
        samples = (
            self.smoothing(noise_scale).distribution(x).sample(100_000, seed=[1, 2])
        )
        np.testing.assert_allclose(
            tf.math.reduce_std(samples, axis=0)[0], 2 * [noise_scale], rtol=2e-2
        )
        np.testing.assert_allclose(
            tf.reduce_mean(samples, axis=0), x, atol=0.02 * noise_scale
        )

    def test_is_symmetric(self):
        x = tf.constant([[0.5]], tf.float64)
        distribution = self.smoothing(0.4).distribution(x)
        offsets = tf.constant([[[0.01]], [[0.3]], [[0.6]]], tf.float64)
        np.testing.assert_allclose(
            distribution.log_prob(x + offsets),
            distribution.log_prob(x - offsets),
            rtol=1e-12,
        )

    def test_nothing_is_logged(self, caplog):
        distribution = self.smoothing(0.4).distribution(tf.zeros([5, 2]))
        distribution.log_prob(distribution.sample(seed=[1, 2]))
        assert caplog.text == ""

    def test_own_draws_are_possible_and_their_mean_log_prob_is_the_entropy(self):
        x = tf.fill([50_000, 2], 3.0)
        distribution = self.smoothing(0.4).distribution(x)
        nats = -distribution.log_prob(distribution.sample(seed=[1, 2])).numpy()
        assert np.all(np.isfinite(nats))
        # The error is 0 where the density is constant, but for rounding.
        error = np.std(nats, dtype=np.float64) / np.sqrt(len(nats))
        entropy = float(distribution.entropy()[0])
        assert abs(np.mean(nats, dtype=np.float64) - entropy) < 4 * error + 1e-5

    def test_the_event_is_all_but_the_first_axis(self):
        x = tf.zeros([5, 2, 3, 1])
        distribution = self.smoothing(0.4).distribution(x)
        assert distribution.batch_shape == [5]
        assert distribution.event_shape == [2, 3, 1]
        assert distribution.dtype == tf.float32

    def test_samples_follow_the_distribution(self):
        smoothing, n = self.smoothing(0.4), 100_000
        x = tf.reshape(tf.linspace(-1.0, 1.0, n), [200, 500])
        x_smoothed = smoothing.sample(x, NoiseStream(tf.constant([1, 2]), 0))
        assert x_smoothed.shape == x.shape and x_smoothed.dtype == x.dtype
        noise = np.ravel(x_smoothed - x)
        expected = smoothing.distribution(tf.zeros([200, 500])).sample(seed=[3, 4])
        # Two samples of one distribution are less alike once in a thousand times.
        assert scipy.stats.ks_2samp(noise, np.ravel(expected)).pvalue > 1e-3
        # The tails count for little there.
        for power in (1, 2, 3, 4):
            values = (noise / 0.4) ** power
            error = np.std(values) / np.sqrt(n)
            mean = np.mean((np.ravel(expected) / 0.4) ** power)
            assert abs(np.mean(values) - mean) < 5 * np.sqrt(2) * error
        log_prob = smoothing.distribution(x).log_prob(x_smoothed)
        assert np.all(np.isfinite(log_prob))

    @pytest.mark.parametrize("event_shape", [(3,), (2, 2, 1)])
    def test_the_sample_of_an_example_does_not_depend_on_its_batch(self, event_shape):
        x = tf.random.stateless_uniform([100, *event_shape], [1, 2])
        smoothing, seed = self.smoothing(0.4), tf.constant([3, 4])
        whole = smoothing.sample(x, NoiseStream(seed, 5))
        for start, stop in ((0, 1), (7, 50), (40, 100)):
            part = smoothing.sample(x[start:stop], NoiseStream(seed, 5 + start))
            np.testing.assert_array_equal(part, whole[start:stop])
        assert len(np.unique(whole - x)) > 0.9 * whole.shape.num_elements()

    @pytest.mark.parametrize("noise_scale", [0.0, -1.0, float("nan"), float("inf")])
    def test_a_scale_that_is_not_a_positive_number_is_rejected(self, noise_scale):
        with pytest.raises(ValueError, match="`noise_scale` must be a finite number"):
            self.smoothing(noise_scale)

    @pytest.mark.parametrize("magnitude", [0.0, 1.0, 1e3])
    def test_draws_of_single_precision_are_possible_in_double_precision(
        self, magnitude
    ):
        x = magnitude * tf.random.stateless_uniform([100_000, 1], [1, 2], -1.0, 1.0)
        smoothing = self.smoothing(0.3)
        x_smoothed = smoothing.distribution(x).sample(seed=[3, 4])
        log_prob = smoothing.distribution(tf.cast(x, tf.float64)).log_prob(
            tf.cast(x_smoothed, tf.float64)
        )
        assert log_prob.dtype == tf.float64
        assert np.all(np.isfinite(log_prob))

    def test_compiled_it_draws_and_scores(self):
        x = tf.random.stateless_uniform([10_000, 1], [1, 2])

        # Compiled, a seed may name other draws.
        @tf.function(jit_compile=True)
        def draw_and_score(x):
            distribution = self.smoothing(0.4).distribution(x)
            x_smoothed = distribution.sample(seed=tf.constant([3, 4]))
            return x_smoothed, distribution.log_prob(x_smoothed)

        x_smoothed, log_prob = draw_and_score(x)
        np.testing.assert_allclose(np.std(x_smoothed - x), 0.4, rtol=0.05)
        expected = self.smoothing(0.4).distribution(x).log_prob(x_smoothed)
        np.testing.assert_allclose(log_prob, expected, rtol=1e-4, atol=1e-4)

    def test_a_single_step_is_the_posterior_mean(self):
        smoothing = self.smoothing(0.4)
        gain = smoothing.single_step_gain
        if gain is None:
            pytest.skip("has no single step")
        # Two uneven Gaussians, summed over a grid.
        x = np.linspace(-4.0, 4.0, 8001)[:, None]
        prior = np.exp(-0.5 * ((x + 0.8) / 0.3) ** 2)
        prior += 0.4 * np.exp(-0.5 * ((x - 0.5) / 0.1) ** 2)
        noise = smoothing.distribution(tf.constant(x))
        for value in (-1.0, 0.0, 0.3, 1.5):
            x_smoothed = tf.constant([value], tf.float64)
            with tf.GradientTape() as tape:
                tape.watch(x_smoothed)
                likelihood = tf.exp(noise.log_prob(x_smoothed))
                weights = likelihood * prior[:, 0]
                log_density = tf.math.log(tf.reduce_sum(weights))
            step = x_smoothed + gain * tape.gradient(log_density, x_smoothed)
            mean = np.average(x[:, 0], weights=weights)
            np.testing.assert_allclose(step, [mean], rtol=1e-8)
