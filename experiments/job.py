"""One run of an experiment: its directory, length, cells and flags."""

import dataclasses
import pathlib

from experiments.cells import Cells


@dataclasses.dataclass(frozen=True)
class Job:
    """Options of one run of an experiment.

    Attributes:
      directory: directory for working directories and other intermediate files.
      quick: whether to take only a few steps, as a smoke test with meaningless
        numbers.
      cells: runner of the experiment's cells; None for an experiment without cells.
      flags: flags of the configuration; empty for an experiment without one.
      num_seeds: number of trainings, which differ in their seed, of each model.
      digits: directory of the experiment `digits`, whose trainings others share; None
        for `directory`.
    """

    directory: pathlib.Path
    quick: bool = False
    cells: Cells | None = None
    flags: tuple[str, ...] = ()
    num_seeds: int = 1
    digits: pathlib.Path | None = None

    @property
    def digits_directory(self) -> pathlib.Path:
        """Directory of the experiment `digits`, or of this one in its place."""
        return self.digits or self.directory
