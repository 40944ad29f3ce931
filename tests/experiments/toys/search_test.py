"""The cells that a study requests, and the tables of their results."""

import statistics

import pytest

from experiments.toys import runs, search
from experiments.toys.compared_model import ComparedModel
from experiments.toys.study import Study
from tests.testing.canned_cells import CannedCells

MODELS = {"smoothing": "gaussian", "smoothed": {}, "reverse": {}}
STUDY = Study(
    density="checkerboard",
    bounds=[[-4.0, 4.0], [-4.0, 4.0]],
    models=(
        ComparedModel(
            "plain",
            "Plain",
            runs.train_plain,
            {"training": {"num_steps": 700}, "model": {}},
            published=3.7,
            targets={"nll": 4.0},
        ),
        ComparedModel(
            "both",
            "Two-stage",
            runs.train_two_stage,
            {"training": {"num_steps": 700}, "single_step": True} | MODELS,
            noise_scales=(0.1, 0.2, 0.3),
            targets={"bound": 3.0},
        ),
        ComparedModel(
            "only",
            "One scale",
            runs.train_two_stage,
            {"training": {"num_steps": 700}} | MODELS,
            noise_scales=(0.4,),
        ),
    ),
    search_steps=300,
)


def canned(cell, directory):
    seed = cell.arguments["seed"]
    scores = {"parameters": 10, "restarts": {"stage": [2.0, 1.0 + seed]}}
    if cell.function is runs.train_plain:
        return scores | {"validation": 0.0, "nll": 3.9 + seed, "nll_se": 0.1}
    scale = cell.arguments["noise_scale"]
    return scores | {
        "noise_scale": scale,
        # Validation prefers 0.2, the bound on the held-out points 0.3.
        "validation": abs(scale - 0.2),
        "bound": 3.6 - scale + seed,
        "bound_se": 0.1,
        "iw": 3.5,
        "iw_se": 0.2,
    }


@pytest.fixture
def cells(tmp_path):
    return CannedCells(tmp_path, canned)


def test_short_runs_with_one_seed_choose_the_scale_by_validation(cells):
    search.run(STUDY, cells, quick=False)
    searched = [cell for cell in cells.requested if cell.name.startswith("search-")]
    assert [cell.name for cell in searched] == [
        f"search-both-{scale}" for scale in (0.1, 0.2, 0.3)
    ]
    for cell in searched:
        assert cell.arguments["training"] == {"num_steps": 300}
        assert cell.arguments["num_points"] == 0
        assert cell.arguments["seed"] == 0
    scales = {
        cell.name: cell.arguments.get("noise_scale")
        for cell in cells.requested
        if cell not in searched
    }
    assert scales == {
        f"{name}-seed{seed}": scale
        for seed in range(3)
        for name, scale in (("plain", None), ("both", 0.2), ("only", 0.4))
    }


def test_final_runs_have_full_length_and_the_first_seed_writes_pictures(cells):
    search.run(STUDY, cells, quick=False)
    for cell in cells.requested:
        if cell.name.startswith("search-"):
            continue
        is_first = cell.name.endswith("seed0")
        assert cell.arguments["training"] == {"num_steps": 700}
        assert cell.arguments["num_points"] == 50_000
        assert cell.arguments.get("pictures") == (STUDY.bounds if is_first else None)
        if cell.name.startswith("both"):
            assert cell.arguments["single_step"] == is_first


def test_the_table_has_means_over_seeds_the_floor_and_the_targets(cells):
    table, _, _ = search.run(STUDY, cells, quick=False)
    plain, both, _, floor = table.rows
    assert plain["published"] == 3.7
    assert plain["nll"] == pytest.approx(4.9)
    assert plain["nll_spread"] == pytest.approx(statistics.stdev([3.9, 4.9, 5.9]))
    assert plain["nll_se"] == 0.1
    assert both["bound"] == pytest.approx(4.4)
    assert both["noise_scale"] == pytest.approx(0.2)
    assert floor["nll"] == pytest.approx(3.4657, abs=1e-4)
    assert [(c.value, c.maximum, c.holds) for c in table.criteria] == [
        (pytest.approx(4.9), 4.0, False),
        (pytest.approx(4.4), 3.0, False),
    ]


def test_all_candidates_of_validation_are_reported(cells):
    _, choices, _ = search.run(STUDY, cells, quick=False)
    reported = {
        (row["model"], row["choice"]): row["validation"] for row in choices.rows
    }
    assert reported["Two-stage", "noise scale 0.3"] == pytest.approx(0.1)
    assert reported["Plain", "seed 2, stage, start 1"] == 3.0
    chosen = {row["choice"] for row in choices.rows if row["chosen"]}
    assert {"noise scale 0.2", "seed 0, stage, start 1"} <= chosen
    assert not {"noise scale 0.1", "seed 0, stage, start 0"} & chosen
    # There are three scales, and two starts for each of three seeds and models.
    assert len(reported) == 3 + 2 * 3 * 3


def test_a_scale_that_diverges_is_not_chosen(tmp_path):
    def diverging(cell, directory):
        result = canned(cell, directory)
        is_bad = cell.name in bad
        return result | ({"validation": None} if is_bad else {})

    bad = {"search-both-0.2"}
    cells = CannedCells(tmp_path, diverging)
    table, choices, _ = search.run(STUDY, cells, quick=False)
    assert table.rows[1]["noise_scale"] in (0.1, pytest.approx(0.3))
    (row,) = (r for r in choices.rows if r["choice"] == "noise scale 0.2")
    assert row["validation"] is None and row["chosen"] is None
    bad |= {"search-both-0.1", "search-both-0.3"}
    with pytest.raises(FloatingPointError, match="'Two-stage' diverged with every"):
        search.run(STUDY, CannedCells(tmp_path / "all", diverging), quick=False)


def test_a_quick_run_is_short_and_has_one_seed(cells):
    table, _, _ = search.run(STUDY, cells, quick=True)
    assert [cell.name for cell in cells.requested] == [
        "plain-seed0",
        "both-seed0",
        "only-seed0",
    ]
    for cell in cells.requested:
        assert cell.arguments["training"] == {"num_steps": 100}
        assert cell.arguments["num_points"] == 1000
    assert table.rows[0]["nll_spread"] is None
