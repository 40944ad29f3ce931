"""Cells of the spikes, trained for a few steps: likelihoods and bounds."""

import numpy as np
import pytest
import tensorflow as tf

from experiments.toys import scores, spikes_runs

LENGTHS = {
    "training": {"num_steps": 100, "batch_size": 20, "learning_rate": 1e-3},
    "num_points": 30,
    "num_restarts": 1,
}


@pytest.fixture(autouse=True)
def _not_compiled(monkeypatch):
    """Traces without XLA, which takes longer to compile than these steps to run."""
    function = tf.function
    monkeypatch.setattr(
        tf,
        "function",
        lambda *args, jit_compile=None, **kwargs: function(*args, **kwargs),
    )


@pytest.fixture
def _small(monkeypatch):
    monkeypatch.setattr(spikes_runs, "GRID_SIZE", 11)
    monkeypatch.setattr(spikes_runs, "_STEP", 0.1)
    monkeypatch.setattr(scores, "NUM_DRAWS", 4)


def test_a_joint_made_with_bounded_noise_is_scored_by_likelihood_and_bounds(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(spikes_runs, "GRID_SIZE", 11)
    lengths = LENGTHS | {"num_points": 2000}
    lengths["training"] = {"num_steps": 300, "batch_size": 20, "learning_rate": 3e-3}
    result = spikes_runs.train_joint_made(
        tmp_path, smoothing="uniform", noise_scale=0.1, **lengths
    )
    for name in ("validation", "nll", "bound", "bound_se", "iw", "iw_se"):
        assert np.isfinite(result[name]), name
    assert result["nll"] < result["iw"] + 3 * result["iw_se"]
    assert result["iw"] < result["bound"]
    # A wrong sign of the noise's entropy, -1.1 nats, would not pass.
    assert result["validation"] == pytest.approx(result["bound"], abs=0.2)
    with np.load(tmp_path / "arrays.npz") as arrays:
        assert arrays["log_density"].shape == (11,)
        assert np.all(np.isfinite(arrays["log_density"]))


@pytest.mark.usefixtures("_small")
def test_a_mixture_has_three_parameters_per_component_less_one(tmp_path):
    result = spikes_runs.train_mixture(tmp_path, num_mixtures=4, **LENGTHS)
    assert result["parameters"] == 11
    assert np.isfinite(result["nll"])
    with np.load(tmp_path / "arrays.npz") as arrays:
        assert arrays["log_density"].shape == (11,)
