"""RealNVP with smoothing has the size of RealNVP without."""

import dataclasses

import pytest

from experiments.job import Job
from experiments.toys import realnvp_comparison
from tests.testing.canned_cells import CannedCells
from tests.testing.canned_models import make_result

CORRECTION = realnvp_comparison.COMPARISONS["olympics_realnvp"].correction
# Corrected as well, so that one run shows both.
CHECKERBOARD = dataclasses.replace(
    realnvp_comparison.COMPARISONS["checkerboard"], correction=CORRECTION
)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    directory = tmp_path_factory.mktemp("checkerboard")
    cells = CannedCells(directory, make_result)
    return realnvp_comparison.run(CHECKERBOARD, Job(directory, cells=cells))


def test_realnvp_with_smoothing_is_as_large_as_without(result):
    sizes = {row["model"]: row.get("parameters") for row in result.tables["table"].rows}
    for couplings, width in CHECKERBOARD.capacities:
        plain = sizes[f"RealNVP {couplings}x{width}"]
        both = sizes[f"two-stage, as large as {couplings}x{width}"]
        assert plain == realnvp_comparison.count_parameters(couplings, width, 0)
        assert abs(both / plain - 1.0) < 0.05
    assert set(result.figures) == {"figure", "capacity"}
    # Only the largest models have published numbers.
    published = [row.get("published") for row in result.tables["table"].rows]
    assert published == [None] * 6 + [3.72, 3.64, None]


def test_the_swapped_published_values_are_named_in_the_table(result):
    (note,) = (n for n in result.tables["table"].notes if n.startswith("published:"))
    assert note == CORRECTION
    assert "swapped" in note and "1.80" in note and "1.32" in note
