"""Tests that every density model passes; a model's own test inherits them."""

import functools
import itertools
import math

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.numerics import levels_to_unit
from smoothing_tf.seeds import example_seeds
from tests.testing.class_contract import OrderedClassContract
from tests.testing.eagerly import eagerly


def randomize(model: DensityModel, scale: float = 0.5, seed: int = 1) -> DensityModel:
    """Moves every weight off its initial value, so that masks are put to the test."""
    for index, variable in enumerate(model.trainable_variables):
        noise = tf.random.stateless_normal(variable.shape, [seed, index])
        variable.assign_add(tf.cast(scale * noise, variable.dtype))
    return model


def all_events(event_shape: tuple[int, ...], num_levels: int) -> tf.Tensor:
    """Every possible x, [num_levels^D, ...event_shape] on [-1, 1]."""
    num_dims = math.prod(event_shape)
    levels = np.array(list(itertools.product(range(num_levels), repeat=num_dims)))
    return levels_to_unit(levels.reshape(-1, *event_shape), num_levels)


def _masses(model: DensityModel, events: tf.Tensor, one: Condition) -> np.ndarray:
    """Masses of events under a condition of one row."""
    masses = []
    for first in range(0, len(events), 8192):
        batch = tf.cast(events[first : first + 8192], tf.float64)
        masses.append(np.exp(model.log_prob(batch, one.tile(len(batch)))))
    return np.concatenate(masses)


class ConditionalModelContract(OrderedClassContract):
    """Properties of a model that takes x~; `DensityModelContract` has the rest.

    Inherit it, define the attributes and `make`, and pytest runs the tests.
    `tiny_shape` and `tiny_levels` must allow all events to be enumerated.
    """

    tiny_shape: tuple[int, ...]
    tiny_levels: int
    image_shape: tuple[int, ...]

    def make(
        self,
        event_shape: tuple[int, ...],
        num_levels: int | None = None,
        takes_x_smoothed: bool = False,
        dropout: float = 0.0,
        **kwargs,
    ) -> DensityModel:
        raise NotImplementedError

    def images(self, batch_size: int, event_shape=None) -> tf.Tensor:
        shape = (batch_size, *(event_shape or self.image_shape))
        return tf.random.stateless_normal(shape, [11, 12])

    @classmethod
    @functools.cache
    def _image_model(cls, takes_x_smoothed: bool = False) -> DensityModel:
        """A model that tests share, since building one may take half a second.

        Without a seed it drops nothing. Draws of larger weights would overflow.
        """
        model = cls().make(
            cls.image_shape, takes_x_smoothed=takes_x_smoothed, dropout=0.5
        )
        return randomize(model, scale=0.05)

    def make_class_conditional(self, num_classes=3):
        return self._class_conditional(num_classes)

    @classmethod
    @functools.cache
    def _class_conditional(cls, num_classes: int | None) -> DensityModel:
        """The model that tests share, since building and tracing it takes seconds."""
        model = cls().make(
            cls.image_shape, takes_x_smoothed=True, num_classes=num_classes
        )
        return randomize(model, scale=0.02, seed=2)

    def test_masses_given_a_condition_sum_to_one(self):
        model = randomize(
            self.make(
                self.tiny_shape, self.tiny_levels, takes_x_smoothed=True, num_classes=2
            )
        )
        events = all_events(self.tiny_shape, self.tiny_levels)
        one = Condition(self.images(1, self.tiny_shape), tf.constant([1]))
        total = np.sum(_masses(model, events, one))
        np.testing.assert_allclose(total, 1.0, atol=1e-6)

    @pytest.fixture(params=[True])
    def takes_x_smoothed(self, request) -> bool:
        return request.param

    def test_conditional_samples_are_by_sample_then_by_row(self):
        model = self.make_class_conditional()
        condition = Condition(self.images(2), tf.constant([0, 2]))
        samples = model.sample(3, condition, seed=1)
        assert samples.shape == (3, 2, *self.image_shape)
        assert np.all(np.isfinite(samples))
        assert len(np.unique(samples.numpy().reshape(6, -1), axis=0)) == 6
        # Each is drawn again, given its row and by the seed that it had, in one pass.
        rows = tf.reshape(samples, [6, *self.image_shape])
        redrawn = model.redraw(rows, condition.tile(3), seed=1)
        np.testing.assert_allclose(redrawn, rows, rtol=1e-4, atol=1e-4)

    def test_arrays_of_numpy_will_do(self):
        x, label = self.images(2).numpy(), np.array([1, 2])
        model = self.make_class_conditional()
        expected = model.log_prob(
            tf.constant(x), Condition(tf.constant(0.5 * x), tf.constant(label))
        )
        condition = Condition(0.5 * x, label)
        np.testing.assert_array_equal(model.log_prob(x, condition), expected)
        assert model.sample(3, condition, seed=1).shape == (3, *x.shape)

    def test_an_example_scores_the_same_alone_and_in_a_batch(self, takes_x_smoothed):
        model = self._image_model(takes_x_smoothed)
        x = tf.cast(self.images(3), tf.float64)
        condition = Condition(0.5 * x if takes_x_smoothed else None)
        together = model.log_prob(x, condition)
        assert np.all(np.isfinite(together))
        assert together.shape == (3,)
        assert together.dtype == tf.float64
        alone = [
            model.log_prob(x[i : i + 1], condition.gather([i]))[0] for i in range(3)
        ]
        np.testing.assert_allclose(together, alone, rtol=1e-5)

    def test_every_value_of_x_smoothed_matters(self):
        model = self._image_model(takes_x_smoothed=True)
        x_smoothed = self.images(1)
        x = 0.5 * self.images(1)
        with tf.GradientTape() as tape:
            tape.watch(x_smoothed)
            log_prob = model.log_prob(x, Condition(x_smoothed))
        gradient = tape.gradient(log_prob, x_smoothed).numpy()
        assert np.all(np.isfinite(gradient) & (gradient != 0))

    def test_every_weight_gets_a_gradient(self):
        model = self.make_class_conditional()
        condition = Condition(0.5 * self.images(2), tf.constant([0, 2]))
        with tf.GradientTape() as tape:
            log_prob = model.log_prob(self.images(2), condition)
        variables = [variable.value for variable in model.trainable_variables]
        for variable, gradient in zip(
            model.trainable_variables, tape.gradient(log_prob, variables), strict=True
        ):
            assert gradient is not None, variable.path
            assert np.all(np.isfinite(gradient)), variable.path
            assert np.any(gradient != 0), variable.path

    def test_dropout_is_active_only_with_a_seed_and_named_by_it(self, takes_x_smoothed):
        model = self._image_model(takes_x_smoothed)
        x = self.images(2)
        arguments = (x, Condition(0.5 * x if takes_x_smoothed else None))
        scores = {
            name: model.log_prob(*arguments, dropout_seed=seed).numpy()
            for name, seed in (
                ("none", None),
                ("one", tf.constant([1, 2])),
                ("one again", tf.constant([1, 2])),
                ("two", tf.constant([1, 3])),
            )
        }
        assert np.all(np.isfinite(list(scores.values())))
        np.testing.assert_array_equal(scores["one"], scores["one again"])
        assert np.all(scores["one"] != scores["two"])
        assert np.all(scores["one"] != scores["none"])
        np.testing.assert_array_equal(scores["none"], model.log_prob(*arguments))

    def test_layers_drop_by_seeds_of_their_own(self, takes_x_smoothed, monkeypatch):
        model = self._image_model(takes_x_smoothed)
        fold_in, indices = tf.random.experimental.stateless_fold_in, []

        def recorded(seed, index):
            indices.append(int(index))
            return fold_in(seed, index)

        monkeypatch.setattr(tf.random.experimental, "stateless_fold_in", recorded)
        x = self.images(1)
        condition = Condition(x if takes_x_smoothed else None)
        model.log_prob(x, condition, dropout_seed=tf.constant([1, 2]))
        assert indices
        assert len(set(indices)) == len(indices)


class DensityModelContract(ConditionalModelContract):
    """Properties of every density model, with and without x~."""

    @pytest.fixture(params=[False, True])
    def takes_x_smoothed(self, request) -> bool:
        return request.param

    def test_masses_sum_to_one_and_samples_are_levels_that_follow_them(self):
        model = randomize(self.make(self.tiny_shape, self.tiny_levels), scale=0.2)
        events = all_events(self.tiny_shape, self.tiny_levels)
        mass = _masses(model, events, Condition())
        np.testing.assert_allclose(np.sum(mass), 1.0, atol=1e-6)
        num_samples, num_cells = 6000, 64
        samples = model.sample(num_samples, seed=5)
        assert samples.shape == (num_samples, *self.tiny_shape)
        assert samples.dtype == tf.float32
        exact = (samples.numpy() + 1) * (self.tiny_levels - 1) / 2
        levels = np.rint(exact)
        np.testing.assert_allclose(levels, exact, atol=1e-5)
        assert levels.min() == 0 and levels.max() == self.tiny_levels - 1
        num_dims = math.prod(self.tiny_shape)
        codes = levels.reshape(num_samples, num_dims).astype(int) @ (
            self.tiny_levels ** np.arange(num_dims - 1, -1, -1)
        )
        # The joint distributions of the first and of the last few dimensions.
        for cell_of in (
            lambda code: code // (len(events) // num_cells),
            lambda code: code % num_cells,
        ):
            counts = np.bincount(cell_of(codes), minlength=num_cells)
            expected = num_samples * np.bincount(
                cell_of(np.arange(len(events))), weights=mass, minlength=num_cells
            )
            common = expected > 5
            cells = np.sum(common)
            assert cells > 30
            statistic = np.sum((counts - expected)[common] ** 2 / expected[common])
            # Mean k and variance 2 k for k cells; five standard deviations.
            assert statistic < cells + 5 * np.sqrt(2 * cells)

    def test_a_seed_names_its_sample(self):
        model = self._image_model()
        with eagerly():
            first, again = (model.sample(2, seed=1) for _ in range(2))
        assert np.all(np.isfinite(first))
        np.testing.assert_array_equal(first, again)
        # One pass draws it again, and with another seed draws something else.
        redrawn = model.redraw(first, seed=1)
        np.testing.assert_allclose(redrawn, first, rtol=1e-4, atol=1e-4)
        assert np.all(model.redraw(first, seed=2) != first)

    def test_each_example_may_have_a_seed_and_is_the_same_alone(self):
        model = self._image_model()
        seeds = example_seeds(1, 3)
        with eagerly():
            together = model.sample(3, seed=seeds)
        assert np.all(np.isfinite(together))
        by_index = model.redraw(together, seed=1)
        alone = model.redraw(together[2:], seed=seeds[2:])
        # Other shapes are computed in other orders.
        for same, expected in ((by_index, together), (alone, together[2:])):
            np.testing.assert_allclose(same, expected, rtol=1e-4, atol=1e-4)

    def test_a_seed_names_its_initial_weights(self):
        first, again, other = (self.make(self.image_shape, seed=s) for s in (1, 1, 2))
        x = self.images(2)
        np.testing.assert_array_equal(first.log_prob(x), again.log_prob(x))
        assert np.all(first.log_prob(x) != other.log_prob(x))

    def test_a_missing_or_superfluous_x_smoothed_is_rejected(self):
        x = self.images(1)
        with pytest.raises(ValueError, match="x_smoothed` must be given"):
            self._image_model(takes_x_smoothed=True).log_prob(x)
        with pytest.raises(ValueError, match="x_smoothed` must be None"):
            self._image_model().log_prob(x, Condition(x))

    def test_another_shape_is_rejected(self):
        with pytest.raises(ValueError, match="`x` must have shape"):
            self._image_model().log_prob(tf.zeros([1, 3, 3, 7, 2]))


def influence(
    model, x: tf.Tensor, num_channels: int, x_smoothed: tf.Tensor | None = None
) -> np.ndarray:
    """Finds whether position j affects a parameter of position i: bool [i, j].

    In any of the images x [batch, ...event_shape]: a rectifier may hide it in some.
    A random combination of the parameters of a position stands for them: its gradient
    vanishes only where all of theirs do. Copy i of an image gives that of position i,
    so that one gradient gives all.
    """
    num_positions = math.prod(model.event_shape) // num_channels
    shape = [len(x), num_positions, num_positions, -1]  # Image, copy, position.
    x = tf.repeat(x, num_positions, axis=0)
    condition = Condition(x_smoothed).map(
        lambda part: tf.repeat(part, num_positions, axis=0)
    )
    with tf.GradientTape() as tape:
        tape.watch(x)
        params = tf.reshape(model(x, condition=condition), shape)
        weights = tf.random.stateless_normal(
            params.shape[-1:], [8, 9], dtype=params.dtype
        )
        is_own = tf.eye(num_positions, dtype=params.dtype)[..., None]
        combined = tf.reduce_sum(is_own * weights * params)
    gradient = np.reshape(tape.gradient(combined, x), shape)
    return np.any(gradient != 0, axis=(0, 3))


def sees_all_of_x_smoothed(model) -> bool:
    """Whether corners and center of an image [h, w, c] see every part of x~."""
    shape = (1, *model.event_shape)
    x, x_smoothed = (tf.random.stateless_normal(shape, [1, n]) for n in (1, 2))
    height, width, _ = model.event_shape
    corners = [(0, 0), (0, width - 1), (height - 1, 0), (height - 1, width - 1)]
    for row, column in [*corners, (height // 2, width // 2)]:
        with tf.GradientTape() as tape:
            tape.watch(x_smoothed)
            params = model(x, condition=Condition(x_smoothed))
            params = tf.reshape(params, [height, width, -1])[row, column]
        gradient = tape.gradient(params, x_smoothed).numpy()
        if not np.all(np.isfinite(gradient) & (gradient != 0)):
            return False
    return True
