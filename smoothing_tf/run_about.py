"""Where the model of a run comes from, for its card."""

import pathlib
from collections.abc import Mapping
from typing import Any

from smoothing_tf import artifacts
from smoothing_tf.data.licenses import find_license
from smoothing_tf.evaluation.headline import headline, likelihoods
from smoothing_tf.evaluation.names import METRICS_FILE
from smoothing_tf.serving.about import About
from smoothing_tf.stage import TWO_STAGES, Stage
from smoothing_tf.workdir import EVALUATION_DIRECTORY


def describe(
    workdir: artifacts.Path, dataset: str, stored_name: str, steps: Mapping[str, int]
) -> About:
    """Collects what a working directory says about its model.

    Likelihoods of stages that are not exported, or that were evaluated after another
    number of steps, are left out.

    Args:
      workdir: the run's directory.
      dataset: the value of --dataset.
      stored_name: name that the data set is stored with.
      steps: stage -> number of steps that it was trained for, of the exported stages.

    Raises:
      ValueError: metrics.json is damaged.
    """
    path = pathlib.Path(workdir) / EVALUATION_DIRECTORY / METRICS_FILE
    metrics: dict[str, Any] = {}
    if path.exists():
        metrics = _of_steps(artifacts.read_json(path), steps)
    lines = tuple(headline(metrics).splitlines())
    data_license = find_license(dataset)
    return About(stored_name, data_license, lines, likelihoods(metrics))


def _of_steps(metrics: Mapping[str, Any], steps: Mapping[str, int]) -> dict[str, Any]:
    """Selects the metrics of models that were trained for these numbers of steps."""
    # An earlier version did not store the steps, so that its weights are not known.
    evaluated = metrics.get("run", {}).get("steps", {})
    same = {stage for stage, step in steps.items() if evaluated.get(stage) == step}
    return {
        name: metric
        for name, metric in metrics.items()
        if same.issuperset([Stage.BASELINE] if "_baseline" in name else TWO_STAGES)
    }
