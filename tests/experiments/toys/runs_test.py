"""Cells of the plane, trained for a few steps: what they return and write."""

import json

import numpy as np
import pytest

from experiments.toys import runs, scores, training
from experiments.toys.training import Fitted
from tests.testing.eagerly import eagerly
from tests.testing.tiny_models import TinyModel

MADE = {"model": "made", "config": {"hidden_units": [8], "num_mixtures": 2}}
ARGUMENTS = {
    "density": "rings",
    "noise_scale": 0.3,
    "smoothed": MADE,
    "reverse": MADE,
    "training": {"num_steps": 10, "batch_size": 20, "learning_rate": 0.02},
    "seed": 0,
    "num_points": 30,
    "num_restarts": 1,
}


@pytest.fixture(autouse=True)
def _few_draws_and_steps(monkeypatch):
    monkeypatch.setattr(training, "_STEPS_PER_CALL", 10)
    monkeypatch.setattr(scores, "NUM_DRAWS", 4)
    monkeypatch.setattr(runs, "_NUM_ARROWS", 50)


def check_scores(result):
    json.dumps(result, allow_nan=False)
    assert not any(result["restarts"].values())
    assert 0.0 < result["bound_se"] < result["bound"]
    assert result["iw"] < result["bound"]
    assert result["parameters"] > 0


def test_two_stages_are_scored_and_denoise_in_a_single_step(tmp_path):
    arguments = ARGUMENTS | {"num_points": 2000}
    with eagerly():
        result = runs.train_two_stage(
            tmp_path, smoothing="gaussian", single_step=True, **arguments
        )
    check_scores(result)
    # Validation uses other points, with one draw each; the noise has 0.43 nats.
    assert result["validation"] == pytest.approx(result["bound"], abs=0.15)
    assert result["noise_scale"] == 0.3
    distances = result["single_step"]
    assert set(distances) == {"x_smoothed", "exact", "truncated"}
    assert distances["exact"] != distances["truncated"]
    with np.load(tmp_path / "arrays.npz") as file:
        arrays = dict(file)
    assert {name: array.shape for name, array in arrays.items()} == {
        f"arrow_{name}": (50, 2)
        for name in ("start", "posterior_mean", "exact", "truncated")
    }
    for name, arrow in (("x_smoothed", "start"), ("exact", "exact")):
        difference = arrays[f"arrow_{arrow}"] - arrays["arrow_posterior_mean"]
        expected = np.sqrt(np.mean(np.sum(difference**2, axis=-1)))
        assert distances[name] == pytest.approx(expected, rel=1e-4)
    # The exact posterior mean lies close to a ring.
    radius = np.linalg.norm(arrays["arrow_posterior_mean"], axis=-1)
    rings = np.array([0.75, 1.5, 2.25, 3.0])
    assert np.median(np.abs(radius[:, None] - rings).min(axis=1)) < 0.15


def test_the_noise_scale_is_learned_jointly_with_both_stages(tmp_path):
    with eagerly():
        result = runs.train_learned_noise(tmp_path, **ARGUMENTS)
    check_scores(result)
    assert 0.0 < result["noise_scale"] < 3.0
    assert abs(result["noise_scale"] / 0.3 - 1.0) > 0.01


def test_models_of_all_seeds_are_scored_on_the_same_points(tmp_path, monkeypatch):
    seen = []

    def log_prob(model, x):
        seen.append(x)
        return np.zeros(len(x))

    monkeypatch.setattr(scores, "log_prob", log_prob)
    monkeypatch.setattr(runs, "fit", lambda *_, **__: Fitted(TinyModel((2,)), 0.0, []))
    names = ("density", "training", "num_points", "num_restarts")
    arguments = {name: ARGUMENTS[name] for name in names}
    for seed in (0, 1):
        runs.train_plain(tmp_path, model=MADE, seed=seed, **arguments)
    assert len(seen[0]) == ARGUMENTS["num_points"]
    np.testing.assert_array_equal(*seen)


def test_a_search_continues_without_a_candidate_that_diverges(tmp_path, monkeypatch):
    def diverge(*_, **__):
        raise FloatingPointError("Try a lower learning rate.")

    monkeypatch.setattr(runs, "fit", diverge)
    arguments = ARGUMENTS | {"smoothing": "gaussian"}
    with pytest.raises(FloatingPointError, match="Try a lower learning rate"):
        runs.train_two_stage(tmp_path, **arguments)
    result = runs.train_two_stage(tmp_path, **arguments | {"num_points": 0})
    assert result == {"validation": None, "restarts": {}}
