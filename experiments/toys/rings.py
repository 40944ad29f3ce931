"""Rings: RealNVP, MADE and two-stage MADE at equal numbers of parameters."""

import pathlib

from experiments.cells import Cells
from experiments.report.result import Result
from experiments.toys import made_comparison
from experiments.toys.made_comparison import Settings

SETTINGS = Settings(
    density="rings",
    bounds=[[-4.0, 4.0], [-4.0, 4.0]],
    noise_scales=(0.2, 0.25, 0.3, 0.4),
    published={"realnvp": 2.81, "made3": 3.26, "made6": 2.81, "two-stage3": 2.71},
    targets={
        "realnvp": {"nll": 2.81},
        "made3": {"nll": 3.35},
        "made6": {"nll": 2.85},
        "two-stage3": {"bound": 2.71, "iw": 2.66},
        "best": {"bound": 2.68, "iw": 2.645},
    },
    single_step=True,
)


def run(directory: pathlib.Path, *, quick: bool, cells: Cells) -> Result:
    """See `made_comparison.run`."""
    del directory
    return made_comparison.run(SETTINGS, cells, quick=quick)
