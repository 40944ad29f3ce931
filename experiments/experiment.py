"""The record of an experiment that `experiments.reproduce` can run."""

import dataclasses
import functools
import importlib
from collections.abc import Callable
from typing import Any

from experiments.job import Job
from experiments.report.table import Result


@dataclasses.dataclass(frozen=True)
class Experiment:
    """An experiment and its needs.

    Its module is imported when it is first described or run: a list of experiments
    needs no TensorFlow.

    Attributes:
      module: dotted name of the module, which has a docstring and `run`.
      comparison: key of the module's `COMPARISONS`, if the module runs several
        experiments; `run` takes the comparison first.
      is_concurrent: whether it may run at the same time as other experiments, because
        its work is done in cells or on one thread. Any other experiment runs alone and
        may use all processors.
      needs_config: whether it runs a configuration that is given by flags.
      accepts_config: whether it runs one if flags are given, and has its own otherwise.
      num_seeds: default of `Job.num_seeds`, except for a quick run; None if the
        experiment has no choice.
    """

    module: str
    comparison: str | None = None
    is_concurrent: bool = False
    needs_config: bool = False
    accepts_config: bool = False
    num_seeds: int | None = None

    @property
    def description(self) -> str:
        """One sentence as a title, a blank line, and what the experiment shows."""
        module = importlib.import_module(self.module)
        if self.comparison is not None:
            return module.COMPARISONS[self.comparison].description
        return module.__doc__ or ""

    @property
    def run(self) -> Callable[[Job], Result]:
        """Function that runs the experiment and returns its tables and figures."""
        module: Any = importlib.import_module(self.module)
        if self.comparison is not None:
            return functools.partial(module.run, module.COMPARISONS[self.comparison])
        return module.run
