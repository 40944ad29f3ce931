"""The comparison on tables, with made-up results of its cells."""

import numpy as np
import pytest

from experiments.job import Job
from experiments.tables import comparison, runs
from experiments.tables.data import open_table
from tests.testing.canned_cells import CannedCells

BEST_SCALE = 0.3


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    directory = tmp_path_factory.mktemp("wine")

    def canned(cell, directory):
        scale = cell.arguments.get("noise_scale")
        names = ("nll",) if scale is None else ("bound", "iw")
        seed = cell.arguments["seed"]
        arrays = {name: np.arange(36.0) + seed for name in names}
        np.savez(directory / runs.SCORES_FILE, **arrays)
        loss = 5.0 if scale is None else abs(scale - BEST_SCALE)
        return {"parameters": 7, "steps": {}, "validation": loss}

    cells = CannedCells(directory / "cells", canned)
    made = comparison.run(comparison.COMPARISONS["wine"], Job(directory, cells=cells))
    return made, cells, directory


def test_every_model_stands_next_to_the_gaussian(result):
    table = result[0].tables["table"]
    gaussian, *models = table.rows
    assert [row["model"] for row in models] == [
        "MADE",
        "two-stage MADE",
        "RealNVP",
        "two-stage RealNVP",
    ]
    for row in models:
        score = row["nll"] if "nll" in row else row["iw"]
        # The mean of the seeds 0, 1 and 2, and the error over the rows.
        assert score.value == pytest.approx(17.5 + 1.0)
        assert score.error == pytest.approx(np.std(np.arange(36), ddof=1) / 6)
        assert score.is_bound == ("nll" not in row)
        expected = score.value - gaussian["nll"].value
        assert row["behind"].value == pytest.approx(expected)
        assert row["spread"] == pytest.approx(1.0)
    assert gaussian["parameters"] == 13 + 13 * 14 // 2
    assert any("In raw units" in note for note in table.notes)


def test_validation_chooses_the_noise_scale(result):
    chosen = [r for r in result[0].tables["choices"].rows if r["chosen"]]
    assert [row["noise_scale"] for row in chosen] == [BEST_SCALE] * 2
    requested = [cell.name for cell in result[1].requested]
    assert len(requested) == len(set(requested))
    finals = {f"two-stage-made-{BEST_SCALE}-seed{seed}" for seed in (0, 1, 2)}
    assert finals <= set(requested)
    # Other scales are tried with one seed.
    assert "two-stage-made-0.1-seed1" not in requested


def test_the_table_is_kept_for_the_commands(result):
    dataset = open_table(result[2] / "wine.csv")
    assert dataset.num_examples == {"train": 106, "validation": 36, "test": 36}
    assert dataset.source.class_names == ("class_0", "class_1", "class_2")
    assert dataset.source.columns[0] == "alcohol"
