"""Olympics: RealNVP with and without smoothing.

The paper does not define its data; these are ours, so that published numbers stand
beside them for orientation only.
"""

import pathlib

from experiments.cells import Cells
from experiments.report.result import Result
from experiments.toys import realnvp_comparison
from experiments.toys.realnvp_comparison import Settings

SETTINGS = Settings(
    density="olympics",
    bounds=[[-3.0, 3.0], [-2.0, 2.0]],
    capacities=((4, 32), (12, 104)),
    noise_scales=(0.1, 0.2, 0.3),
    published={"plain": 1.80, "smoothed": 1.32},
    targets={"plain": {"nll": 1.80}, "smoothed": {"bound": 1.32}},
)


def run(directory: pathlib.Path, *, quick: bool, cells: Cells) -> Result:
    """See `realnvp_comparison.run`."""
    del directory
    return realnvp_comparison.run(SETTINGS, cells, quick=quick)
