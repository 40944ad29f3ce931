"""The facts that come first in a report: what was trained, on what, and when."""

import datetime

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.models.trained import Trained
from smoothing_tf.stage import Stage


def describe_run(
    trained: Trained,
    dataset: Dataset,
    config: EvaluationConfig,
    *,
    now: datetime.datetime | None = None,
) -> dict[str, str]:
    """Says what was trained on what, when it was evaluated, its size and its noise.

    Args:
      trained: the trained models.
      dataset: the data that they are evaluated on.
      config: settings of the evaluation.
      now: the time of the evaluation; None for the present.

    Returns:
      Name -> text, in the order of the report.
    """
    now = now or datetime.datetime.now().astimezone()
    header = {"Data": _describe_data(dataset, config)}
    for stage, model in trained.models.items():
        text = f"{type(model).__name__}, {model.count_params():,} parameters"
        if trained.steps.get(stage):
            text += f", trained for {trained.steps[stage]:,} steps"
        if model.num_classes is not None:
            text += ", given the class"
        header[f"Stage {stage}"] = text
    if set(trained.models) != {Stage.BASELINE}:
        smoothing = trained.smoothing
        scale = "in the unit of the data"
        if dataset.num_levels is not None:
            scale = "on the scale [−1, 1]"
        elif trained.standardization is not None:
            scale = "on the standardized scale"
        header["Noise"] = (
            f"{type(smoothing).__name__}, standard deviation"
            f" {smoothing.noise_scale:.4g} {scale}"
        )
    header["Evaluated"] = now.strftime("%Y-%m-%d %H:%M %Z").strip()
    return header


def count_weights(trained: Trained) -> dict[str, int]:
    """Counts the parameters of each trained stage."""
    return {str(stage): model.count_params() for stage, model in trained.models.items()}


def _describe_data(dataset: Dataset, config: EvaluationConfig) -> str:
    shape = " × ".join(str(size) for size in dataset.event_shape)
    if len(dataset.event_shape) == 1:
        shape += " columns"
    levels = "continuous values"
    if dataset.num_levels is not None:
        levels = f"{dataset.num_levels} levels"
    counts = dataset.num_examples
    held = min(counts[config.split], config.max_examples or counts[config.split])
    return (
        f"{dataset.name}: {shape}, {levels}; {counts.get('train', 0):,} training"
        f" examples, evaluated on {held:,} of the {config.split} split"
    )
