"""The cells of the spikes are trained and scored; the table shows what was chosen."""

import numpy as np
import pytest

from experiments.toys import scores as toy_scores
from experiments.toys import spikes
from smoothing_tf.smoothing import SMOOTHINGS
from tests.testing.canned_cells import CannedCells

LENGTHS = {
    "training": {"num_steps": 100, "batch_size": 20, "learning_rate": 1e-3},
    "num_points": 30,
    "num_restarts": 1,
}


@pytest.fixture
def _small(monkeypatch):
    monkeypatch.setattr(spikes, "_GRID_SIZE", 11)
    monkeypatch.setattr(spikes, "_STEP", 0.1)
    monkeypatch.setattr(toy_scores, "NUM_DRAWS", 4)


@pytest.mark.usefixtures("_small")
def test_a_joint_made_is_trained_and_scored_with_bounded_noise(tmp_path):
    result = spikes.joint_made(
        tmp_path, smoothing="uniform", noise_scale=0.1, **LENGTHS
    )
    for name in ("validation", "nll", "bound", "bound_se", "iw", "iw_se"):
        assert np.isfinite(result[name]), name
    assert result["iw"] < result["bound"]
    with np.load(tmp_path / "arrays.npz") as arrays:
        assert arrays["log_density"].shape == (11,)
        assert np.all(np.isfinite(arrays["log_density"]))


@pytest.mark.parametrize("smoothing", ["gaussian", "uniform"])
def test_the_likelihood_is_below_the_bounds_and_validation_estimates_one(
    smoothing, tmp_path
):
    lengths = LENGTHS | {"num_points": 2000}
    lengths["training"] = LENGTHS["training"] | {"num_steps": 1000}
    result = spikes.joint_made(
        tmp_path, smoothing=smoothing, noise_scale=0.1, **lengths
    )
    assert result["nll"] < result["iw"] + 3 * result["iw_se"]
    assert result["iw"] < result["bound"]
    # The entropy of the noise is -.9 or -1.1 nats: its sign would be seen.
    assert result["validation"] == pytest.approx(result["bound"], abs=0.2)


@pytest.mark.usefixtures("_small")
def test_a_mixture_has_three_numbers_a_component_less_one(tmp_path):
    result = spikes.mixture(tmp_path, num_mixtures=4, **LENGTHS)
    assert result["parameters"] == 11
    assert np.isfinite(result["nll"])
    with np.load(tmp_path / "arrays.npz") as arrays:
        assert arrays["log_density"].shape == (11,)


def canned(cell, directory):
    np.savez(directory / "arrays.npz", log_density=np.zeros(spikes._GRID_SIZE))
    result = {"parameters": 5, "restarts": [1.0, None, 2.0]}
    if cell.function is spikes.mixture:
        nll = 1.0 / cell.arguments["num_mixtures"]
        return result | {"validation": nll, "nll": nll, "nll_se": 0.0}
    scale = cell.arguments["noise_scale"]
    scores = {"bound": 0.3, "bound_se": 0.0, "iw": scale, "iw_se": 0.0, "nll": scale}
    # Validation likes .1, the scores like .02.
    return result | scores | {"validation": abs(scale - 0.1)}


def test_a_further_kernel_takes_part(tmp_path, monkeypatch):
    number = len(SMOOTHINGS)
    monkeypatch.setitem(spikes.SMOOTHINGS, "another", SMOOTHINGS["laplace"])
    result = spikes.run(tmp_path, quick=True, cells=CannedCells(tmp_path, canned))
    assert len(result.tables["table"].criteria) == number + 1
    assert all(figure.startswith(b"\x89PNG") for figure in result.figures.values())


def test_every_kernel_and_scale_is_tried_and_validation_chooses(tmp_path):
    cells = CannedCells(tmp_path, canned)
    result = spikes.run(tmp_path, quick=False, cells=cells)
    tried = {
        (cell.arguments["smoothing"], round(cell.arguments["noise_scale"], 6))
        for cell in cells.asked
        if cell.function is spikes.joint_made
    }
    assert tried == {(k, s) for k in SMOOTHINGS for s in (0.02, 0.05, 0.1, 0.2, 0.4)}
    table = result.tables["table"]
    chosen = [row for row in table.rows if row.get("chosen")]
    assert [row["model"].split()[0] for row in chosen] == list(SMOOTHINGS)
    assert {round(row["scale"], 6) for row in chosen} == {0.1}
    mixtures = [row["model"] for row in table.rows if row["model"].startswith("mix")]
    assert mixtures == [f"mixture of {number} logistics" for number in (2, 4, 6, 10)]
    assert all("1.000 diverged 2.000" in row["restarts"] for row in table.rows[:-1])
    assert table.rows[-1]["nll"] == pytest.approx(-0.98, abs=0.01)
    # The mixtures of fewer than ten reach 1/6, the chosen scale .1.
    for criterion in table.criteria:
        assert criterion.value == pytest.approx(0.1 - 1 / 6)
    assert all(criterion.holds for criterion in table.criteria)
    assert set(result.figures) == set(result.captions) == {"figure", "scales"}
