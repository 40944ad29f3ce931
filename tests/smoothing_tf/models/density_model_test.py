"""Arguments of a density model, and initial weights from one seed."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models import (
    MADE,
    MODELS,
    DensityModel,
    MADEConfig,
    build_model,
)
from smoothing_tf.models.condition import Condition


class Leaf(keras.layers.Layer):
    """A layer that draws its own weights."""

    def __init__(self):
        super().__init__()
        self.value = self.add_weight(shape=(3,), initializer="zeros", name="value")
        self.built = True

    def initialize(self, seed):
        self.value.assign(tf.random.stateless_normal([3], seed))


class TwoLeaves(DensityModel):
    """A model of which only the bookkeeping is tested."""

    def __init__(self, takes_x_smoothed=False):
        super().__init__((2, 3), takes_x_smoothed)
        self.leaves = [[Leaf()], [Leaf()]]
        self.built = True

    def log_prob(self, x, condition=None, *, dropout_seed=None):
        self.check_arguments(x, condition)

    def sample(self, num_samples, condition=None, *, seed):
        self.check_arguments(None, condition)


def test_layers_draw_from_streams_of_their_own():
    model = TwoLeaves()
    values = []
    for seed in (1, 1, 2):
        model.initialize(seed)
        values.append([np.array(leaf.value) for (leaf,) in model.leaves])
    first, again, other = values
    np.testing.assert_array_equal(first, again)
    assert np.all(first[0] != first[1]) and np.all(first[0] != other[0])


@pytest.mark.parametrize("shape", [(2, 3), (1, 3, 2), (1, 2, 3, 1)])
def test_another_shape_is_rejected(shape):
    with pytest.raises(ValueError, match=r"`x` must have shape \[batch, 2, 3\]; got"):
        TwoLeaves().log_prob(tf.zeros(shape))


def test_x_smoothed_has_the_shape_of_x():
    with pytest.raises(
        ValueError, match=r"x_smoothed` must have shape \[batch, 2, 3\]"
    ):
        TwoLeaves(True).sample(1, Condition(tf.zeros([1, 3, 2])), seed=0)


def test_integers_are_rejected():
    with pytest.raises(ValueError, match="`x` must be floating, .* got uint8"):
        TwoLeaves().log_prob(np.zeros((1, 2, 3), np.uint8))
    x = np.zeros((1, 2, 3))
    with pytest.raises(ValueError, match="x_smoothed` must be floating, .* got int64"):
        TwoLeaves(True).log_prob(x, Condition(x.astype(int)))


def test_another_batch_size_is_rejected():
    with pytest.raises(ValueError, match="must have the batch size of `x`, 3; got 1"):
        TwoLeaves(True).log_prob(tf.zeros([3, 2, 3]), Condition(tf.zeros([1, 2, 3])))


def test_a_missing_or_superfluous_x_smoothed_is_rejected():
    x = tf.zeros([1, 2, 3])
    with pytest.raises(ValueError, match="x_smoothed` must be given for a model"):
        TwoLeaves(True).log_prob(x)
    with pytest.raises(ValueError, match="x_smoothed` must be None for a model"):
        TwoLeaves().sample(1, Condition(x), seed=0)
    with pytest.raises(TypeError, match="`condition` must be a Condition"):
        TwoLeaves(True).log_prob(x, x)


def make_made():
    return MADE(MADEConfig(hidden_units=(4,), num_mixtures=1), (2,))


def test_weights_summary_and_predict_of_keras_work():
    model, other = make_made(), make_made()
    other.set_weights([weight + 1.0 for weight in model.get_weights()])
    for ours, theirs in zip(model.weights, other.weights, strict=True):
        np.testing.assert_array_equal(ours + 1.0, theirs)
    lines = []
    model.summary(print_fn=lambda line, **_: lines.append(line))
    assert f"Total params: {model.count_params()}" in "\n".join(lines)
    x = np.zeros((3, 2), np.float32)
    np.testing.assert_allclose(model.predict(x, verbose=0), model(x), rtol=1e-6)


def test_a_checkpoint_of_tensorflow_restores_the_density(tmp_path):
    model, other = make_made(), make_made()
    model.initialize(1)
    other.initialize(2)
    path = tf.train.Checkpoint(model=model).write(str(tmp_path / "model"))
    tf.train.Checkpoint(model=other).read(path).assert_consumed()
    x = tf.zeros([1, 2])
    np.testing.assert_array_equal(model.log_prob(x), other.log_prob(x))


@pytest.mark.parametrize("name", MODELS)
def test_a_weights_file_of_keras_restores_the_density(tmp_path, name):
    small = {"num_filters": 4, "num_mixtures": 1, "num_resnet": 1}
    fields = {field.name for field in dataclasses.fields(MODELS[name].config)}
    config = MODELS[name].config(**{k: v for k, v in small.items() if k in fields})
    model, other = (
        build_model(
            name,
            config,
            stage="baseline",
            event_shape=(4, 4, 1),
            num_levels=None,
            seed=seed,
        )
        for seed in (1, 2)
    )
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    x = tf.ones([1, 4, 4, 1])
    np.testing.assert_array_equal(model.log_prob(x), other.log_prob(x))


def test_fit_and_keras_files_do_not_work(tmp_path):
    model = make_made()
    model.compile("sgd")
    with pytest.raises(ValueError, match="No loss to compute"):
        model.fit(np.zeros((2, 2), np.float32), verbose=0)
    with pytest.raises(NotImplementedError, match="get_config"):
        model.save(tmp_path / "model.keras")
