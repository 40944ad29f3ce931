"""Tests that every density of vectors passes; a model's own test inherits them."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel
from tests.testing.class_contract import ClassContract
from tests.testing.density_model_contract import randomize

_REACH = 20.0
_NUM_BINS = 50
_FINE = 16  # points of the grid in a bin, by side
_ROWS = 50_000


class ContinuousContract(ClassContract):
    """Inherit it and define `make_continuous`, and pytest runs the tests."""

    def make_continuous(
        self,
        event_shape: tuple[int, ...],
        takes_x_smoothed: bool = False,
        num_classes: int | None = None,
    ) -> DensityModel:
        raise NotImplementedError

    def make_class_conditional(self, num_classes=3):
        return randomize(self.make_continuous((3,), True, num_classes), scale=0.2)

    @pytest.mark.parametrize(
        "condition",
        [
            Condition(),
            Condition(tf.constant([[0.7, -0.3]])),
            Condition(label=tf.constant([1])),
        ],
    )
    def test_the_density_integrates_to_one_and_samples_follow_it(self, condition):
        takes_x_smoothed = condition.x_smoothed is not None
        num_classes = None if condition.label is None else 2
        model = self.make_continuous((2,), takes_x_smoothed, num_classes)
        model = randomize(model, scale=0.1)
        step = 2.0 * _REACH / (_NUM_BINS * _FINE)
        axis = np.arange(-_REACH + step / 2.0, _REACH, step)
        points = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
        density = np.concatenate(
            [
                np.exp(model.log_prob(*_with(condition, points[first : first + _ROWS])))
                for first in range(0, len(points), _ROWS)
            ]
        )
        blocks = density.reshape(_NUM_BINS, _FINE, _NUM_BINS, _FINE)
        mass = step**2 * blocks.sum(axis=(1, 3))
        assert mass.sum() == pytest.approx(1.0, abs=1e-3)

        num_samples = 20_000
        x = np.reshape(model.sample(num_samples, condition, seed=3), [-1, 2])
        edges = np.linspace(-_REACH, _REACH, _NUM_BINS + 1)
        counts, _, _ = np.histogram2d(*x.T, bins=[edges, edges])
        expected = num_samples * mass
        common = expected > 5
        cells = common.sum()
        assert cells > 20
        statistic = np.sum((counts - expected)[common] ** 2 / expected[common])
        # Mean k and variance 2 k for k cells; five standard deviations.
        assert statistic < cells + 5 * np.sqrt(2 * cells)

    @pytest.mark.parametrize("takes_x_smoothed", [False, True])
    def test_every_weight_gets_a_gradient_from_vectors(self, takes_x_smoothed):
        model = randomize(self.make_continuous((3,), takes_x_smoothed), scale=0.2)
        x = tf.random.stateless_normal([20, 3], [1, 2])
        with tf.GradientTape() as tape:
            log_prob = model.log_prob(
                x, Condition(0.5 * x if takes_x_smoothed else None)
            )
        variables = [variable.value for variable in model.trainable_variables]
        for variable, gradient in zip(
            model.trainable_variables, tape.gradient(log_prob, variables), strict=True
        ):
            assert gradient is not None and np.any(gradient != 0), variable.path

    @pytest.mark.parametrize("num_samples", [0, -1])
    def test_a_number_of_samples_below_one_is_rejected(self, num_samples):
        with pytest.raises(ValueError, match="`num_samples` must be at least 1"):
            self.make_continuous((2,)).sample(num_samples, seed=1)


def _with(condition: Condition, x: np.ndarray) -> tuple[tf.Tensor, Condition]:
    x = tf.constant(x)
    return x, condition.tile(len(x))
