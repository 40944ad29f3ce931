"""Experiments that `experiments.reproduce` runs, by name."""

import functools
import types

from experiments.experiment import Experiment
from experiments.images import columns, conditioning, digits, precision
from experiments.tables import comparison as tables
from experiments.theory import proposition1, receptive_field, ring, theorem1
from experiments.toys import made_comparison, realnvp_comparison, spikes


def _of_module(module: types.ModuleType, **needs: bool) -> Experiment:
    """Makes an experiment of a module's docstring and its `run`."""
    return Experiment(module.__doc__, module.run, **needs)


def _of_comparison(module: types.ModuleType, name: str) -> Experiment:
    """Makes an experiment of one entry of a module's `COMPARISONS`."""
    comparison = module.COMPARISONS[name]
    run = functools.partial(module.run, comparison)
    return Experiment(comparison.description, run, is_concurrent=True)


EXPERIMENTS: dict[str, Experiment] = {
    "theorem1": _of_module(theorem1, is_concurrent=True),
    "proposition1": _of_module(proposition1, is_concurrent=True),
    "receptive_field": _of_module(receptive_field),
    "ring": _of_module(ring, is_concurrent=True),
    "spikes": _of_module(spikes, is_concurrent=True),
    "rings": _of_comparison(made_comparison, "rings"),
    "olympics": _of_comparison(made_comparison, "olympics"),
    "checkerboard": _of_comparison(realnvp_comparison, "checkerboard"),
    "olympics_realnvp": _of_comparison(realnvp_comparison, "olympics_realnvp"),
    "breast_cancer": _of_comparison(tables, "breast_cancer"),
    "wine": _of_comparison(tables, "wine"),
    "digits": _of_module(digits),
    "columns": _of_module(columns, needs_config=True),
    "conditioning": _of_module(conditioning, needs_config=True),
    "precision": _of_module(precision, needs_config=True),
}

__all__ = ["EXPERIMENTS"]
