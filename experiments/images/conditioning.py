"""Conditioning: two ways for PixelCNN++ to read x~ in p(x|x~), at equal size.

Our network adds "features" of x~; the published form has x~ "stacked" above x in one
network of double height. The configuration determines the data set and the training.
"""

import math
from collections.abc import Sequence

from experiments.images import runs, variants
from experiments.job import Job
from experiments.report.table import Criterion, Result, Table, column_names
from smoothing_tf.config import parse
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER


def run(job: Job) -> Result:
    """Trains p(x~) once and p(x|x~) in both forms.

    Args:
      job: the run, with the flags of a configuration of PixelCNN++, e.g. of
        configs/digits_pixelcnnpp.cfg.

    Returns:
      A table of both forms, and a figure of their validation losses.

    Raises:
      ValueError: the model is not PixelCNN++, or the data set has no images with
        levels.
    """
    num_filters = _num_stacked_filters(job.flags)
    rows, curves = variants.run(
        job.directory,
        {
            "features": _features_flags(job.flags),
            "stacked": _stacked_flags(job.flags, num_filters),
        },
        shared_stages=("smoothed",),
        quick=job.quick,
    )
    ours, stacked = rows
    table = Table(
        title="Bound of two stages of PixelCNN++, bits per dimension",
        columns=column_names(rows),
        rows=tuple(rows),
        notes=(
            "difference: mean paired difference from features over the images, with its"
            " standard error, which does not cover the variation between trainings."
            " Both share p(x~).",
            "For the cost of a training step of each form, run python -m"
            " benchmarks.training.",
        ),
        directions=dict.fromkeys(("bits_per_dim", "difference"), LOWER_IS_BETTER),
        criteria=(
            Criterion(
                "ratio of the numbers of parameters, stacked to features",
                stacked["parameters"] / ours["parameters"],
                minimum=1.0 - runs.SIZE_TOLERANCE,
                maximum=1.0 + runs.SIZE_TOLERANCE,
            ),
        ),
    )
    return Result(
        {"table": table},
        {"figure": curves},
        {"figure": "Validation loss of each stage. Both forms share the smoothed one."},
    )


def _features_flags(flags: Sequence[str]) -> list[str]:
    return [*flags, "--reverse_conditioning=features"]


def _stacked_flags(flags: Sequence[str], num_filters: int) -> list[str]:
    return [
        *flags,
        "--reverse_conditioning=stacked",
        f"--reverse_num_filters={num_filters}",
    ]


def _num_stacked_filters(flags: Sequence[str]) -> int:
    """Finds the number of filters that gives the stacked form the size of features."""
    config = parse(_features_flags(flags))
    dataset = runs.open_images(config)
    target = runs.count_parameters(config, dataset, "reverse")
    num_filters = config.stages["reverse"].model_config.num_filters

    def count_stacked(number: int) -> int:
        stacked = parse(_stacked_flags(flags, number))
        return runs.count_parameters(stacked, dataset, "reverse")

    # The number of parameters grows with the square of the number of filters.
    guess = round(num_filters * math.sqrt(target / count_stacked(num_filters)))
    return min(
        range(max(1, guess - 1), guess + 2),
        key=lambda number: abs(count_stacked(number) - target),
    )
