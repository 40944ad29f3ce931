"""The record of an experiment that `experiments.reproduce` can run."""

import dataclasses
from collections.abc import Callable

from experiments.job import Job
from experiments.report.table import Result


@dataclasses.dataclass(frozen=True)
class Experiment:
    """An experiment and its needs.

    Attributes:
      description: one sentence as a title, a blank line, and what the experiment shows.
      run: function that runs the experiment and returns its tables and figures.
      is_concurrent: whether it may run at the same time as other experiments, because
        its work is done in cells or on one thread. Any other experiment runs alone and
        may use all processors.
      needs_config: whether it runs a configuration that is given by flags.
    """

    description: str
    run: Callable[[Job], Result]
    is_concurrent: bool = False
    needs_config: bool = False
