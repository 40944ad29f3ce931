"""Experiments that `experiments.reproduce` runs, by name.

An experiment is a module with a docstring that says what it shows, and a function
run(directory, quick=...) -> Result. By keyword it may take more:

- `cells`: it is made of cells, which run beside those of other experiments. Without
  them it runs alone, and may use all processors.
- `flags`: it is of a configuration, given by its flags.
"""

import inspect
import types

from experiments.images import columns, conditioning, digits, precision
from experiments.theory import proposition1, receptive_field, ring, theorem1
from experiments.toys import checkerboard, olympics, olympics_realnvp, rings, spikes

EXPERIMENTS = {
    "theorem1": theorem1,
    "proposition1": proposition1,
    "receptive_field": receptive_field,
    "ring": ring,
    "spikes": spikes,
    "rings": rings,
    "olympics": olympics,
    "checkerboard": checkerboard,
    "olympics_realnvp": olympics_realnvp,
    "digits": digits,
    "columns": columns,
    "conditioning": conditioning,
    "precision": precision,
}


def takes(experiment: types.ModuleType, keyword: str) -> bool:
    """Whether an experiment's `run` takes `cells`, or `flags`."""
    return keyword in inspect.signature(experiment.run).parameters


__all__ = ["EXPERIMENTS", "takes"]
