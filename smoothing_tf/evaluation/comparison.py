"""The paired difference of two evaluations, image by image."""

import pathlib
from typing import Any

import numpy as np

from smoothing_tf import artifacts
from smoothing_tf.evaluation.likelihood import paired_difference
from smoothing_tf.evaluation.names import PER_IMAGE_FILE


def compare_evaluations(
    first: artifacts.Path,
    second: artifacts.Path,
    metric: str = "bits_per_dim",
    second_metric: str | None = None,
) -> dict[str, Any]:
    """Computes the mean of first - second over the images that both evaluations scored.

    Images differ much more than models, so the error of the paired difference is
    several times smaller than that of the difference of two means. It leaves out the
    variation between trainings.

    Args:
      first: directory of an evaluation, e.g. runs/class/evaluation.
      second: directory of another evaluation of the same split, or the same directory
        for another metric.
      metric: a likelihood in per_image.npz, e.g. "bits_per_dim_marginal" or "nll".
      second_metric: the metric of `second`; None for `metric`.

    Returns:
      {"value": mean of first - second, "se": its standard error, "n": images}.

    Raises:
      FileNotFoundError: a directory holds no evaluation.
      ValueError: a metric is missing, or the evaluations scored other images.
    """
    scores = [
        _read(directory, name)
        for directory, name in ((first, metric), (second, second_metric or metric))
    ]
    (index, values), (other_index, other_values) = scores
    if not np.array_equal(index, other_index):
        raise ValueError(
            f"{first} and {second} must have scored the same images; got {len(index)}"
            f" and {len(other_index)} of them. Evaluate both with the same data,"
            " --split and --max_examples."
        )
    value, se = paired_difference(values, other_values)
    return {"value": value, "se": se, "n": len(values)}


def _read(directory: artifacts.Path, metric: str) -> tuple[np.ndarray, np.ndarray]:
    path = pathlib.Path(directory) / PER_IMAGE_FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"No {PER_IMAGE_FILE} in {directory}; run `python -m smoothing_tf.evaluate`"
            " first."
        )
    arrays = artifacts.read_kept_npz(path)
    likelihoods = sorted(
        name for name, x in arrays.items() if name != "index" and x.dtype.kind == "f"
    )
    if metric not in likelihoods:
        raise ValueError(f"{path} has no {metric!r}; it has {', '.join(likelihoods)}.")
    return arrays["index"], arrays[metric]
