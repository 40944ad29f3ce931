"""Experiments that `smoothing_tf.reproduce` runs, by name.

An experiment is a function (directory, quick=...) -> (Table, figure as PNG).
"""

from smoothing_tf.experiments import digits

EXPERIMENTS = {
    "digits": digits.run,
}

__all__ = ["EXPERIMENTS"]
