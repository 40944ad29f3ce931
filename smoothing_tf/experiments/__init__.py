"""Experiments that `smoothing_tf.reproduce` runs, by name.

An experiment is a module with a docstring that says what it shows, and a function
run(directory, quick=..., cells=...) -> Result.
"""

from smoothing_tf.experiments import digits, olympics, rings, spikes

EXPERIMENTS = {
    "spikes": spikes,
    "rings": rings,
    "olympics": olympics,
    "digits": digits,
}

# These use all processors by themselves, and run alone.
WITHOUT_CELLS = ("digits",)

__all__ = ["EXPERIMENTS", "WITHOUT_CELLS"]
