"""Samples of the toy densities, as data sets of vectors."""

from smoothing_tf.data.datasets.toys.toys import TOYS, toy_source

__all__ = ["TOYS", "toy_source"]
