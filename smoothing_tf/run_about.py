"""Where the model of a run comes from, for its card."""

import pathlib

from smoothing_tf import artifacts
from smoothing_tf.data.licenses import find_license
from smoothing_tf.evaluation.headline import headline
from smoothing_tf.evaluation.names import METRICS_FILE
from smoothing_tf.serving.about import About
from smoothing_tf.workdir import EVALUATION_DIRECTORY


def describe(workdir: artifacts.Path, dataset: str, stored_name: str) -> About:
    """Collects what a working directory says about its model.

    Args:
      workdir: the run's directory.
      dataset: the value of --dataset.
      stored_name: name that the data set is stored with.

    Raises:
      ValueError: metrics.json is damaged.
    """
    metrics = pathlib.Path(workdir) / EVALUATION_DIRECTORY / METRICS_FILE
    lines: tuple[str, ...] = ()
    if metrics.exists():
        lines = tuple(headline(artifacts.read_json(metrics)).splitlines())
    return About(stored_name, find_license(dataset), lines)
