"""Tests of labels that every density model passes; its own contract inherits them."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.seeds import example_seeds
from tests.testing.eagerly import eagerly

_NUM_CLASSES = 3


class ClassContract:
    """Inherit it and define `make_class_conditional`, and pytest runs the tests.

    Normalization given a label is checked where events can be enumerated or the
    density integrated.
    """

    def make_class_conditional(
        self, num_classes: int | None = _NUM_CLASSES
    ) -> DensityModel:
        """Makes a randomized model, conditional on x~ where it can be."""
        raise NotImplementedError

    def draw_rows(self, seeds: tf.Tensor, condition: Condition) -> tf.Tensor:
        """Draws one sample of the class-conditional model for each row."""
        with eagerly():
            return self.make_class_conditional().sample(1, condition, seed=seeds)[0]

    def test_mixed_labels_score_and_draw_like_each_label_alone(self):
        model = self.make_class_conditional()
        x, condition = _arguments(model, [0, 2, 1])
        together = model.log_prob(x, condition)
        assert np.all(np.isfinite(together))
        alone = [
            model.log_prob(x[i : i + 1], condition.gather([i]))[0] for i in range(3)
        ]
        np.testing.assert_allclose(together, alone, rtol=1e-5)
        seeds = example_seeds(1, 3)
        samples = self.draw_rows(seeds, condition)
        assert samples.shape == (3, *model.event_shape)
        assert np.all(np.isfinite(samples))
        alone = model.redraw(samples[1:2], condition.gather([1]), seed=seeds[1:2])
        np.testing.assert_allclose(samples[1:2], alone, rtol=1e-4, atol=1e-4)

    def test_a_label_changes_the_density_and_the_samples(self):
        model = self.make_class_conditional()
        x, condition = _arguments(model, [0, 0, 0])
        other = condition._replace(label=tf.constant([1, 2, 0]))
        changed = model.log_prob(x, condition) != model.log_prob(x, other)
        np.testing.assert_array_equal(changed, [True, True, False])
        seeds = example_seeds(1, 3)
        first = self.draw_rows(seeds, condition)
        second = model.redraw(first, other, seed=seeds)
        # What is not different is equal up to rounding.
        is_other = np.abs(first - second) > 1e-5
        differs = np.any(is_other, axis=tuple(range(1, x.shape.rank)))
        np.testing.assert_array_equal(differs, [True, True, False])

    def test_gradients_reach_the_biases_of_the_classes_of_a_batch_only(self):
        model = self.make_class_conditional()
        x, condition = _arguments(model, [0, 2, 2])
        with tf.GradientTape() as tape:
            log_prob = model.log_prob(x, condition)
        tables = [
            weight for weight in model.trainable_variables if weight.name == "table"
        ]
        assert tables
        gradients = tape.gradient(log_prob, [table.value for table in tables])
        for gradient in gradients:
            assert np.all(np.any(gradient.numpy()[[0, 2]] != 0, axis=1))
            np.testing.assert_array_equal(gradient[1], tf.zeros_like(gradient[1]))

    def test_labels_that_do_not_fit_are_rejected(self):
        model, without = (self.make_class_conditional(n) for n in (_NUM_CLASSES, None))
        x, condition = _arguments(model, [0, 1, 2])
        no_label = condition._replace(label=None)
        with pytest.raises(ValueError, match="label` must be given for a model of 3"):
            model.log_prob(x, no_label)
        with pytest.raises(ValueError, match="label` must be given"):
            model.sample(1, no_label, seed=0)
        with pytest.raises(ValueError, match="label` must be None for a model without"):
            without.log_prob(x, condition)
        for label, match in (
            ([0, 3, 0], "must be from 0 to 2; got 3"),
            ([0, -1, 0], "must be from 0 to 2; got -1"),
            ([0.0, 1.0, 2.0], "must be integers .batch.; got float"),
            ([[0], [1], [2]], "must be integers .batch.; got int64 .3, 1."),
            ([0, 1], "must have the batch size"),
        ):
            with pytest.raises(ValueError, match=match):
                model.log_prob(x, condition._replace(label=np.array(label)))

        @tf.function(autograph=False)
        def score(label):
            return model.log_prob(x, condition._replace(label=label))

        with pytest.raises(tf.errors.InvalidArgumentError, match="from 0 to 2"):
            score(tf.constant([0, 3, 0]))


class OrderedClassContract(ClassContract):
    """The tests of labels for an autoregressive model."""

    def test_no_value_sees_itself_or_a_later_one_through_its_label(self):
        model = self.make_class_conditional()
        x, condition = _arguments(model, [1, 2, 0])
        positions = int(np.prod(model.position_shape))
        for place in (0, positions // 2, positions - 1):
            with tf.GradientTape() as tape:
                tape.watch(x)
                params = model(x, condition=condition)
                params = tf.reshape(params, [3, positions, -1])[:, place]
            gradient = tape.gradient(params, x, unconnected_gradients="zero")
            gradient = tf.reshape(gradient, [3, positions, -1])
            assert np.all(gradient[:, place:] == 0)


def _arguments(model: DensityModel, label: list[int]) -> tuple[tf.Tensor, Condition]:
    shape = (len(label), *model.event_shape)
    x, x_smoothed = (0.5 * tf.random.stateless_normal(shape, [n, 5]) for n in (3, 4))
    part = x_smoothed if model.takes_x_smoothed else None
    return x, Condition(part, tf.constant(label))
