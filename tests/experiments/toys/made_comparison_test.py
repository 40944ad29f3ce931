"""The comparison at equal numbers of parameters, and its figures."""

import pytest

from experiments.cells import Cells, Pool
from experiments.job import Job
from experiments.toys import made_comparison
from experiments.toys.made_comparison import COMPARISONS
from tests.testing.canned_cells import CannedCells
from tests.testing.canned_models import make_result


def quick_job(directory, cells):
    return Job(directory, quick=True, cells=cells)


@pytest.mark.parametrize(
    "name", ["rings", pytest.param("olympics", marks=pytest.mark.large)]
)
def test_all_models_have_about_90_000_parameters_and_are_drawn(name, tmp_path):
    cells = CannedCells(tmp_path, make_result)
    result = made_comparison.run(COMPARISONS[name], quick_job(tmp_path, cells))
    rows = result.tables["table"].rows
    assert [row["model"].partition(":")[0] for row in rows[:-1]] == [
        "RealNVP",
        "MADE (3)",
        "MADE (6)",
        "two-stage MADE (3)",
        "two-stage MADE (3)",
        "two-stage MADE (10)",
    ]
    for row in rows[:-1]:
        assert abs(row["parameters"] / 90_000 - 1.0) < 0.05, row["model"]
    size = result.tables["table"].criteria[-1]
    assert size.holds and size.value < 0.05
    assert ("denoising" in result.figures) == (name == "rings")
    for figure_name, figure in result.figures.items():
        assert figure.startswith(b"\x89PNG"), figure_name
    assert set(result.captions) == set(result.figures)
    if name == "rings":
        table = result.tables["denoising"]
        assert [row["distance"] for row in table.rows] == [0.3, 0.1, 0.2]
        assert table.criteria[0].value == pytest.approx(0.1 / 0.3)


def test_a_model_of_another_size_fails_the_criterion(tmp_path):
    def too_large(cell, directory):
        result = make_result(cell, directory)
        factor = 1.2 if cell.name == "made3-seed0" else 1.0
        return result | {"parameters": factor * result["parameters"]}

    cells = CannedCells(tmp_path, too_large)
    result = made_comparison.run(COMPARISONS["olympics"], quick_job(tmp_path, cells))
    assert not result.tables["table"].criteria[-1].holds


@pytest.mark.large
def test_a_quick_run_of_the_rings_is_computed_once(tmp_path):
    with Pool(progress=False) as pool:
        first = made_comparison.run(
            COMPARISONS["rings"], quick_job(tmp_path, Cells(pool, tmp_path))
        )
    # Nothing is left to compute, so no pool is needed.
    second = made_comparison.run(
        COMPARISONS["rings"], quick_job(tmp_path, Cells(None, tmp_path))
    )
    assert second.tables == first.tables
    assert second.figures == first.figures
