"""Inpainting for an unknown class: each particle has a class of its own."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.models import (
    MADE,
    GatedPixelCNN,
    GatedPixelCNNConfig,
    MADEConfig,
    TwoStageModel,
)
from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.numerics import levels_to_unit
from smoothing_tf.smoothing import Uniform
from tests.testing.class_models import class_trained
from tests.testing.density_model_contract import randomize
from tests.testing.tiny_models import tiny_trained


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    "stages", [pytest.param((3, 3), marks=pytest.mark.large), (3, None), (None, 3)]
)
def test_a_class_that_is_certain_is_the_given_class(stages):
    two_stage = class_trained(*stages).two_stage
    points = np.float32([[0.1, 0], [-6, 0]])
    arguments = dict(seed=1, num_particles=5)
    certain = np.log([1e-30, 1.0, 1e-30])
    given = two_stage.inpaint(points, [1, 0], label=[1, 1], **arguments)
    *drawn, label = two_stage.inpaint_any_class(points, [1, 0], certain, **arguments)
    np.testing.assert_array_equal(label, [1, 1])
    for first, second in zip(given, drawn, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.usefixtures("eager")
def test_the_incremental_walk_gives_each_particle_its_class(monkeypatch):
    shape, options = (2, 3, 1), dict(num_classes=3, dtype="float64")
    made = MADE(MADEConfig(hidden_units=(8,), num_mixtures=1), shape, **options)
    config = GatedPixelCNNConfig(num_layers=2, num_filters=6, num_mixtures=2)
    reverse = GatedPixelCNN(config, shape, 5, takes_x_smoothed=True, **options)
    stages = randomize(made, scale=0.1), randomize(reverse, scale=0.1)
    model = TwoStageModel(Uniform(0.4), *stages)
    rng = np.random.default_rng(0)
    images = levels_to_unit(rng.integers(5, size=(6, *shape)), 5, tf.float64)
    mask = rng.integers(2, size=(6, *shape[:2]))
    arguments = (images, mask, np.log([0.5, 0.25, 0.25]))
    options = dict(seed=1, num_particles=4)
    fast = model.inpaint_any_class(*arguments, **options)
    monkeypatch.setattr(type(reverse), "walk", AutoregressiveModel.walk)
    slow = TwoStageModel(Uniform(0.4), *stages).inpaint_any_class(*arguments, **options)
    assert len(set(fast[2].numpy())) > 1
    np.testing.assert_array_equal(fast[2], slow[2])
    for fast_part, slow_part in zip(fast[:2], slow[:2]):
        assert np.all(np.isfinite(fast_part))
        np.testing.assert_allclose(fast_part, slow_part, atol=1e-9)


def test_only_class_conditional_models_infer_a_class():
    arguments = (np.zeros((1, 2), np.float32), [0, 1])
    with pytest.raises(ValueError, match="needs class-conditional models"):
        tiny_trained((2,)).two_stage.inpaint_any_class(
            *arguments, [0.0], seed=0, num_particles=2
        )
    with pytest.raises(ValueError, match="`label` must be given for class-conditional"):
        class_trained().two_stage.inpaint(*arguments, seed=0)
