"""The comparison at equal numbers of parameters, and what it draws."""

import numpy as np
import pytest

from experiments.cells import Cells, Pool
from experiments.toys import (
    made_comparison,
    olympics,
    realnvp_comparison,
    rings,
)
from experiments.toys import (
    runs as plane_cells,
)
from experiments.toys.checkerboard import SETTINGS as CHECKERBOARD
from smoothing_tf.models import MADEConfig, RealNVPConfig, build_model
from tests.testing.canned_cells import CannedCells

_CONFIGS = {"made": MADEConfig, "realnvp": RealNVPConfig}


def count(cell) -> int:
    """Parameters of a cell's models, by building them."""
    total = 0
    for stage, argument in (
        ("baseline", "model"),
        ("smoothed", "smoothed"),
        ("reverse", "reverse"),
    ):
        if argument in cell.arguments:
            name = cell.arguments[argument]["model"]
            config = dict(cell.arguments[argument]["config"])
            config["hidden_units"] = tuple(config["hidden_units"])
            model = build_model(
                name,
                _CONFIGS[name](**config),
                stage=stage,
                event_shape=(2,),
                num_levels=None,
            )
            total += model.count_params()
    return total


def canned(cell, directory):
    arrays = {"samples": np.zeros([9, 2]), "log_density": np.zeros(16)}
    single_step = {"x_smoothed": 0.3, "exact": 0.1, "truncated": 0.2}
    for name in ("start", "posterior_mean", "exact", "truncated"):
        arrays[f"arrow_{name}"] = np.ones([5, 2])
    np.savez(directory / "arrays.npz", **arrays)
    result = {"parameters": count(cell), "restarts": {}, "validation": 1.0}
    if cell.function is plane_cells.plain:
        return result | {"nll": 2.7, "nll_se": 0.0}
    scores = {"bound": 2.7, "bound_se": 0.0, "iw": 2.6, "iw_se": 0.0}
    return result | scores | {"noise_scale": 0.3, "single_step": single_step}


@pytest.mark.parametrize("experiment", [rings, olympics])
def test_all_rows_have_about_90_000_parameters_and_are_drawn(experiment, tmp_path):
    cells = CannedCells(tmp_path, canned)
    result = made_comparison.run(experiment.SETTINGS, cells, quick=True)
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
    assert ("denoising" in result.figures) == (experiment is rings)
    for name, figure in result.figures.items():
        assert figure.startswith(b"\x89PNG"), name
    assert set(result.captions) == set(result.figures)
    if experiment is rings:
        table = result.tables["denoising"]
        assert [row["distance"] for row in table.rows] == [0.3, 0.1, 0.2]
        assert table.criteria[0].value == pytest.approx(0.1 / 0.3)


def test_a_model_of_another_size_is_told(tmp_path):
    def too_large(cell, directory):
        result = canned(cell, directory)
        factor = 1.2 if cell.name == "made3-seed0" else 1.0
        return result | {"parameters": factor * result["parameters"]}

    cells = CannedCells(tmp_path, too_large)
    result = made_comparison.run(olympics.SETTINGS, cells, quick=True)
    assert not result.tables["table"].criteria[-1].holds


def test_realnvp_with_smoothing_is_as_large_as_without(tmp_path):
    cells = CannedCells(tmp_path, canned)
    result = realnvp_comparison.run(CHECKERBOARD, cells, quick=False)
    sizes = {row["model"]: row.get("parameters") for row in result.tables["table"].rows}
    for couplings, width in CHECKERBOARD.capacities:
        plain = sizes[f"RealNVP {couplings}x{width}"]
        both = sizes[f"two-stage, as large as {couplings}x{width}"]
        assert plain == realnvp_comparison.num_parameters(couplings, width, 0)
        assert abs(both / plain - 1.0) < 0.05
    assert set(result.figures) == {"figure", "capacity"}
    # The paper's numbers stand beside the largest models alone.
    published = [row.get("published") for row in result.tables["table"].rows]
    assert published == [None] * 6 + [3.72, 3.64, None]


@pytest.mark.large
def test_a_quick_run_of_the_rings_is_computed_once(tmp_path):
    with Pool(progress=False) as pool:
        first = rings.run(tmp_path, quick=True, cells=Cells(pool, tmp_path))
    # Nothing is left to compute, and no pool is asked to.
    second = rings.run(tmp_path, quick=True, cells=Cells(None, tmp_path))
    assert second.tables == first.tables
    assert second.figures == first.figures
