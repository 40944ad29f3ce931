"""Olympics: RealNVP, MADE and two-stage MADE at equal numbers of parameters.

The paper does not define its data; these are ours, so that published numbers stand
beside them for orientation only.
"""

import pathlib

from experiments.cells import Cells
from experiments.report.result import Result
from experiments.toys import made_comparison
from experiments.toys.made_comparison import Settings

SETTINGS = Settings(
    density="olympics",
    bounds=[[-3.0, 3.0], [-2.0, 2.0]],
    noise_scales=(0.1, 0.15, 0.2, 0.3),
    published={"realnvp": 1.80, "made3": 1.27, "made6": 0.80, "two-stage3": 0.80},
    targets={
        "made3": {"nll": 1.30},
        "made6": {"nll": 0.70},
        "two-stage3": {"bound": 0.80, "iw": 0.72},
        "best": {"iw": 0.60},
    },
)


def run(directory: pathlib.Path, *, quick: bool, cells: Cells) -> Result:
    """See `made_comparison.run`."""
    del directory
    return made_comparison.run(SETTINGS, cells, quick=quick)
