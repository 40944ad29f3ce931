"""Experiments that `smoothing_tf.reproduce` runs, by name.

An experiment is a module with a docstring that says what it shows, and a function
run(directory, quick=..., cells=...) -> Result.
"""

from smoothing_tf.experiments import (
    checkerboard,
    columns,
    conditioning,
    digits,
    olympics,
    olympics_realnvp,
    precision,
    proposition1,
    receptive_field,
    ring,
    rings,
    spikes,
    theorem1,
)

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

# These are of a configuration: their `run` takes its `flags` as well.
OF_FLAGS = ("columns", "conditioning", "precision")
# These use all processors by themselves, and run alone.
WITHOUT_CELLS = ("digits", *OF_FLAGS)

__all__ = ["EXPERIMENTS", "OF_FLAGS", "WITHOUT_CELLS"]
