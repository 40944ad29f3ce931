"""RealNVP with smoothing has the size of RealNVP without."""

from experiments.job import Job
from experiments.toys import realnvp_comparison
from tests.testing.canned_cells import CannedCells
from tests.testing.canned_models import make_result

CHECKERBOARD = realnvp_comparison.COMPARISONS["checkerboard"]


def test_realnvp_with_smoothing_is_as_large_as_without(tmp_path):
    cells = CannedCells(tmp_path, make_result)
    result = realnvp_comparison.run(CHECKERBOARD, Job(tmp_path, cells=cells))
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


def test_the_exchanged_published_values_are_named_in_the_table(tmp_path):
    comparison = realnvp_comparison.COMPARISONS["olympics_realnvp"]
    cells = CannedCells(tmp_path, make_result)
    table = realnvp_comparison.run(comparison, Job(tmp_path, cells=cells, quick=True))
    (note,) = (n for n in table.tables["table"].notes if n.startswith("published:"))
    assert "exchanged" in note and "1.80" in note and "1.32" in note
