"""Single steps from samples of a model that was trained without smoothing."""

import numpy as np
import pytest

from experiments.images import runs, unsmoothed
from experiments.images.reference import Reference
from smoothing_tf import workdir
from smoothing_tf.config import parse
from smoothing_tf.data.image_view import ImageView
from smoothing_tf.evaluation.extractors import RandConv
from smoothing_tf.models import MADE, MADEConfig
from smoothing_tf.models.single_step import single_step_denoise
from smoothing_tf.models.trained import Trained
from smoothing_tf.smoothing import Gaussian, Uniform, make_smoothing
from tests.testing.eagerly import eagerly

SHAPE = (4, 4, 1)


def test_steps_are_those_of_each_sigma_from_the_same_samples():
    model = MADE(MADEConfig(hidden_units=(8,), num_mixtures=1), SHAPE)
    model.initialize(0)
    trained = Trained(smoothing=Uniform(0.1), num_levels=5, smoothed=model)
    with eagerly():
        steps = unsmoothed.draw_single_steps(trained, 0.4, 3, seed=1)
        assert list(steps) == pytest.approx([0.0, 0.05, 0.1, 0.2, 0.4])
        x = steps[0.0]
        for sigma in list(steps)[1:]:
            expected = single_step_denoise(Gaussian(sigma), model, x)
            np.testing.assert_allclose(steps[sigma], expected, atol=1e-5)
    assert np.max(np.abs(steps[0.4] - x)) > 0.01


def test_the_noise_of_the_model_is_as_wide_as_one_level(tmp_path, monkeypatch):
    found = []

    def train(flags, directory, stages, *, quick):
        found.append((parse(flags), tuple(stages)))
        return parse(flags), dataset

    monkeypatch.setattr(runs, "train", train)
    monkeypatch.setattr(workdir, "load_trained", lambda *arguments: None)
    flags = ["--dataset=digits", "--model=made", "--noise_scale=0.5"]
    dataset = runs.open_images(parse(flags))
    unsmoothed.train(flags, tmp_path, dataset, quick=True)
    ((config, stages),) = found
    assert stages == ("smoothed",)
    noise = make_smoothing(config.smoothing).distribution(np.zeros((1, 1), np.float32))
    half_a_level = 1.0 / (dataset.num_levels - 1)
    inside, outside = (noise.prob([[f * half_a_level]]).numpy() for f in (0.99, 1.01))
    assert inside == pytest.approx(0.5 / half_a_level) and outside == 0.0


def test_a_step_that_does_nothing_changes_no_distance():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60, *SHAPE)).astype(np.uint8)
    reference = Reference(RandConv(1), ImageView(images, 256))
    x = rng.uniform(-1, 1, (40, *SHAPE)).astype(np.float32)
    steps = {0.0: x, 0.1: x, 0.2: 0.1 * x}
    table, picture = unsmoothed.compare(
        steps, {"smoothed": x}, 0.2, reference, 256, "noise"
    )
    none, same, shrunk = table.rows
    assert [row["step"] for row in table.rows] == ["none", "sigma 0.1", "sigma 0.2"]
    assert (same["fd - none"].value, same["fd - none"].error) == (0.0, 0.0)
    assert same["fd"] == none["fd"] and none["fd"].error > 0.0
    # Images without contrast are farther from real ones.
    assert shrunk["fd - none"].value > 3.0 * shrunk["fd - none"].error
    assert picture.ndim == 3
    # Images that are not finite are not scored.
    spoiled = steps | {0.2: np.where(np.arange(40)[:, None, None, None] < 2, np.nan, x)}
    table, _ = unsmoothed.compare(
        spoiled, {"smoothed": x}, 0.2, reference, 256, "noise"
    )
    assert table.rows[:2] == (none, same)
    assert table.rows[2]["reason"].startswith("2 of 40 images are not finite")
    assert not {"fd", "fd - none"} & set(table.rows[2])
    single = {"smoothed": x, "single_step": np.full_like(images[:40], 128)}
    table, _ = unsmoothed.compare(steps, single, 0.2, reference, 256, "noise")
    assert [row["trained"] for row in table.rows[3:]] == ["smoothed"] * 2
