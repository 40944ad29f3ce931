"""Denoising and inpainting of held-out images."""

import numpy as np
import pytest
import tensorflow as tf

from experiments.images import restoration
from smoothing_tf.models import MADE, MADEConfig
from smoothing_tf.models.trained import Trained
from smoothing_tf.smoothing import Gaussian, Uniform

SHAPE = (4, 4, 1)


def make_trained(smoothing):
    config = MADEConfig(hidden_units=(8,), num_mixtures=1)
    reverse = MADE(config, SHAPE, num_levels=17, takes_x_smoothed=True)
    return Trained(
        smoothing=smoothing,
        num_levels=17,
        smoothed=MADE(config, SHAPE),
        reverse=reverse,
    )


def images(number):
    return np.random.default_rng(0).uniform(-1, 1, (number, *SHAPE)).astype(np.float32)


def test_errors_match_the_noise_and_the_mean_of_draws(monkeypatch):
    trained, x = make_trained(Gaussian(0.5)), images(40)
    # Draws that scatter about E[x | x~] = x~ / 2 with a variance of 0.04.
    monkeypatch.setattr(
        trained.two_stage,
        "denoise",
        lambda x_smoothed, seed, label: (
            x_smoothed / 2
            + 0.2 * tf.random.stateless_normal(tf.shape(x_smoothed), seed[0])
        ),
    )
    table, picture = restoration.compare_denoising(trained, x, num_draws=50, seed=3)
    rows = {row["estimate"]: row for row in table.rows}
    assert set(rows) == {
        "x~, as given",
        "single-step, exact gradient",
        "single-step, truncated gradient",
        "one draw of p(x|x~)",
        "mean of 50 draws",
    }
    assert rows["x~, as given"]["mse"].value == pytest.approx(0.25, rel=0.1)
    one, mean = rows["one draw of p(x|x~)"], rows["mean of 50 draws"]
    assert one["to E[x|x~]"].value == pytest.approx(0.04, rel=0.15)
    given = rows["x~, as given"]["to E[x|x~]"]
    assert given.value == pytest.approx((0.25 + 1 / 3) / 4, rel=0.1)
    assert one["mse"].value - mean["mse"].value == pytest.approx(0.04, rel=0.2)
    # The error is (x~ - x) / 2 - x / 2, with x uniform.
    assert mean["mse"].value == pytest.approx(0.25 / 4 + 1 / 12 + 0.04 / 50, rel=0.1)
    difference = mean["mse"].value - rows["x~, as given"]["mse"].value
    assert mean["mse - x~"].value == pytest.approx(difference)
    ratios = [row["mse"].value / table.rows[0]["mse"].value for row in table.rows[1:]]
    assert all(row["mse"].n == 40 and row["mse"].error > 0.0 for row in table.rows)
    assert "Lower is better: mse, mse - x~, to E[x|x~]." in table.all_notes
    assert [criterion.value for criterion in table.criteria] == pytest.approx(ratios)
    assert picture.dtype == np.uint8 and picture.ndim == 3


def test_noise_other_than_gaussian_has_no_single_step():
    table, _ = restoration.compare_denoising(
        make_trained(Uniform(0.5)), images(2), num_draws=2, seed=3
    )
    assert [row["estimate"] for row in table.rows] == [
        "x~, as given",
        "one draw of p(x|x~)",
        "mean of 2 draws",
    ]


def test_each_mask_leaves_out_another_part_of_the_same_images(monkeypatch):
    seen = {}

    def inpaint(trained, images, mask, **options):
        seen.update(images=images, mask=mask)
        return {"samples": np.repeat(images, options["num_inpaintings"], axis=0)}

    monkeypatch.setattr(restoration, "inpaint_images", inpaint)
    x = images(5)
    restoration.draw_inpaintings(
        make_trained(Gaussian(0.5)), x, 17, num_particles=2, seed=1
    )
    by_mask = seen["images"].reshape(4, 3, *SHAPE)
    np.testing.assert_array_equal(by_mask, np.stack([x[:3]] * 4))
    masks = seen["mask"].reshape(4, 3, 4, 4)
    np.testing.assert_array_equal(masks, np.repeat(masks[:, :1], 3, axis=1))
    lower, upper, right, middle = ~masks[:, 0]
    assert lower[2:].all() and not lower[:2].any()
    assert upper[:2].all() and not upper[2:].any()
    assert right[:, 2:].all() and not right[:, :2].any()
    assert middle[1:3, 1:3].all() and middle.sum() == 4
