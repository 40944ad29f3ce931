"""Checkerboard: RealNVP with and without smoothing, over its capacity.

The paper finds that smoothing helps RealNVP here. The sweep over capacities, at equal
numbers of parameters, shows where that is so with our training.
"""

import pathlib

from experiments.cells import Cells
from experiments.report.result import Result
from experiments.toys import realnvp_comparison
from experiments.toys.realnvp_comparison import Settings

SETTINGS = Settings(
    density="checkerboard",
    bounds=[[-4.5, 4.5], [-4.5, 4.5]],
    capacities=((2, 32), (4, 32), (6, 64), (12, 104)),
    noise_scales=(0.1, 0.3, 0.5, 0.8),
    published={"plain": 3.72, "smoothed": 3.64},
    targets={"plain": {"nll": 3.56}, "smoothed": {"bound": 3.60}},
)


def run(directory: pathlib.Path, *, quick: bool, cells: Cells) -> Result:
    """See `realnvp_comparison.run`."""
    del directory
    return realnvp_comparison.run(SETTINGS, cells, quick=quick)
