"""The stacked form: a plain network whose upper half is given, and the same sampler."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models import (
    PixelCNNpp,
    PixelCNNppConfig,
    StackedPixelCNNpp,
    build_model,
)
from smoothing_tf.models.condition import Condition
from tests.testing.density_model_contract import (
    ConditionalModelContract,
    influence,
    randomize,
)

CONFIG = PixelCNNppConfig(
    num_resnet=1, num_filters=4, num_mixtures=2, dropout=0.0, conditioning="stacked"
)


class TestStackedPixelCNNpp(ConditionalModelContract):
    # A height of 2 is valid, since only twice the height must be a multiple of 4.
    tiny_shape = (2, 4, 1)
    tiny_levels = 3
    image_shape = (6, 4, 1)

    def make(
        self, event_shape, num_levels=None, takes_x_smoothed=True, dropout=0.0, **kwargs
    ):
        assert takes_x_smoothed
        config = dataclasses.replace(CONFIG, dropout=dropout)
        return StackedPixelCNNpp(config, event_shape, num_levels, **kwargs)

    def test_a_pixel_sees_all_pixels_before_it_and_all_of_x_smoothed(self):
        config = dataclasses.replace(CONFIG, num_resnet=2)
        model = randomize(StackedPixelCNNpp(config, (6, 4, 3)))
        x, x_smoothed = (
            tf.random.stateless_normal((1, 6, 4, 3), [1, n]) for n in (1, 2)
        )
        seen = influence(model, x, 3, x_smoothed)
        np.testing.assert_array_equal(seen, np.tril(np.ones_like(seen), -1))
        for row, column in ((0, 0), (0, 3), (5, 3)):
            with tf.GradientTape() as tape:
                tape.watch(x_smoothed)
                params = model(x, condition=Condition(x_smoothed))
                pixel = tf.reduce_sum(params[0, row, column])
            assert np.all(tape.gradient(pixel, x_smoothed) != 0)

    def test_the_sampler_equals_one_pass_per_pixel(self):
        model = randomize(self.make((4, 8, 3), num_levels=17, dtype="float64"), 0.1)
        shape = [2, *model.event_shape]
        x_smoothed = tf.random.stateless_normal(shape, [1, 2], dtype=tf.float64)
        condition = Condition(x_smoothed)
        noise = model.head.noise(shape[:-1], tf.constant([1, 2]), tf.float64)

        def draw(params, place, number):
            return model.head.draw(params, place.of(noise)), number + 1

        start = tf.zeros([2], tf.int32)
        drawn, num_visits, _ = model.walk(2, condition, draw, start, tf.float64)
        # A pixel sees only earlier ones, so this is the sample of a pass per pixel.
        expected = model.head.draw(model(drawn, condition=condition), noise)
        np.testing.assert_allclose(drawn, expected, rtol=1e-10, atol=1e-10)
        # The drawing function never sees the given half.
        assert np.all(num_visits == 4 * 8)

    def test_in_half_precision_the_sampler_follows_the_full_pass(self):
        model = randomize(self.make((4, 8, 3), dtype="mixed_bfloat16"), 0.1)
        shape = [2, *model.event_shape]
        x, x_smoothed = (tf.random.stateless_normal(shape, [1, n]) for n in (2, 3))

        def look_up(params, place, state):
            index = place.row * 8 + place.column
            is_here = (tf.range(4 * 8) == index)[:, None]
            return place.of(x), tf.where(is_here, params[:, None], state)

        state = tf.zeros([2, 4 * 8, model.head.num_params])
        _, params, _ = model.walk(2, Condition(x_smoothed), look_up, state)
        expected = tf.reshape(model(x, condition=Condition(x_smoothed)), params.shape)
        error = np.max(np.abs(params - expected)) / np.max(np.abs(expected))
        assert error < 0.05

    def test_it_has_the_parameters_of_the_smoothed_stage(self):
        smoothed = PixelCNNpp(CONFIG, (8, 8, 3))
        reverse = self.make((8, 8, 3), num_levels=17)
        assert reverse.count_params() == smoothed.count_params()

    def test_a_first_batch_initializes_the_network(self):
        model = self.make((6, 8, 1), num_levels=17)
        x = tf.random.stateless_uniform((5, 6, 8, 1), [1, 1], -1.0, 1.0)
        model.initialize_from(x, Condition(2.0 * x))
        both = model.network(tf.concat([2.0 * x, x], axis=1))
        np.testing.assert_allclose(np.mean(both, axis=(0, 1, 2)), 0, atol=1e-5)
        np.testing.assert_allclose(np.std(both, axis=(0, 1, 2)), 1, rtol=1e-4)

    def test_a_seed_names_its_weights(self):
        first, again, other = (self.make(self.image_shape, seed=s) for s in (1, 1, 2))
        x = self.images(2)
        condition = Condition(x)
        np.testing.assert_array_equal(
            first.log_prob(x, condition), again.log_prob(x, condition)
        )
        assert np.all(first.log_prob(x, condition) != other.log_prob(x, condition))
        other.initialize(1)
        np.testing.assert_array_equal(
            first.log_prob(x, condition), other.log_prob(x, condition)
        )

    @pytest.mark.parametrize("event_shape", [(5, 8, 1), (6, 6, 1), (8,)])
    def test_a_size_that_does_not_fit_is_rejected(self, event_shape):
        with pytest.raises(ValueError, match="height a multiple of 2 and width"):
            self.make(event_shape)


def test_the_other_class_does_not_take_the_setting():
    PixelCNNpp(CONFIG, (4, 4, 1))
    with pytest.raises(ValueError, match="must be 'features' .* got 'stacked'"):
        PixelCNNpp(CONFIG, (4, 4, 1), takes_x_smoothed=True)


def test_the_setting_chooses_the_form_of_the_reverse_stage_alone():
    classes = [
        type(
            build_model(
                "pixelcnnpp", CONFIG, stage=stage, event_shape=(4, 4, 1), num_levels=4
            )
        )
        for stage in ("smoothed", "reverse", "baseline")
    ]
    assert classes == [PixelCNNpp, StackedPixelCNNpp, PixelCNNpp]
