"""The experiment `spikes` tries every kernel and scale, and validation chooses."""

import numpy as np
import pytest

from experiments.job import Job
from experiments.toys import spikes, spikes_runs
from smoothing_tf.smoothing import SMOOTHINGS
from tests.testing.canned_cells import CannedCells


def canned(cell, directory):
    np.savez(directory / "arrays.npz", log_density=np.zeros(spikes_runs.GRID_SIZE))
    result = {"parameters": 5, "restarts": [1.0, None, 2.0]}
    if cell.function is spikes_runs.train_mixture:
        nll = 1.0 / cell.arguments["num_mixtures"]
        return result | {"validation": nll, "nll": nll, "nll_se": 0.0}
    scale = cell.arguments["noise_scale"]
    scores = {"bound": 0.3, "bound_se": 0.0, "iw": scale, "iw_se": 0.0, "nll": scale}
    # Validation prefers 0.1, the scores prefer 0.02.
    return result | scores | {"validation": abs(scale - 0.1)}


def test_a_new_kernel_takes_part(tmp_path, monkeypatch):
    number = len(SMOOTHINGS)
    monkeypatch.setitem(spikes.SMOOTHINGS, "another", SMOOTHINGS["laplace"])
    cells = CannedCells(tmp_path, canned)
    result = spikes.run(Job(tmp_path, quick=True, cells=cells))
    assert len(result.tables["table"].criteria) == number + 1
    assert all(figure.startswith(b"\x89PNG") for figure in result.figures.values())


def test_every_kernel_and_scale_is_tried_and_validation_chooses(tmp_path):
    cells = CannedCells(tmp_path, canned)
    result = spikes.run(Job(tmp_path, cells=cells))
    tried = {
        (cell.arguments["smoothing"], round(cell.arguments["noise_scale"], 6))
        for cell in cells.requested
        if cell.function is spikes_runs.train_joint_made
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
    # The best mixture of fewer than ten logistics reaches 1/6, the chosen scale 0.1.
    for criterion in table.criteria:
        assert criterion.value == pytest.approx(0.1 - 1 / 6)
    assert all(criterion.holds for criterion in table.criteria)
    assert set(result.figures) == set(result.captions) == {"figure", "scales"}
