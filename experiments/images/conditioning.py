"""Conditioning: how PixelCNN++ reads x~ for p(x|x~), at equal numbers of parameters.

"features" of x~ beside the network, ours, or x~ "stacked" above x in one network of
double height, the published form. The configuration says which data and how long.
"""

import math
import pathlib
from collections.abc import Sequence

from experiments.images import runs as image_runs
from experiments.images import variants
from experiments.report.result import Result
from experiments.report.table import Criterion, Table, columns_of
from smoothing_tf import artifacts
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER


def run(directory: artifacts.Path, *, quick: bool, flags: Sequence[str]) -> Result:
    """Trains p(x~) once and p(x|x~) in both forms.

    Args:
      directory: the working directories go below it.
      quick: a few steps only, to see it run.
      flags: of a configuration of PixelCNN++, e.g. of configs/digits_pixelcnnpp.cfg.

    Raises:
      ValueError: the flags are of another model, or of no images.
    """
    rows, curves = variants.run(
        pathlib.Path(directory),
        {
            "features": [*flags, "--reverse_conditioning=features"],
            "stacked": [
                *flags,
                "--reverse_conditioning=stacked",
                f"--reverse_num_filters={_num_filters_of_stacked(flags)}",
            ],
        },
        shared_stages=("smoothed",),
        quick=quick,
    )
    ours, stacked = rows
    return Result(
        {
            "table": Table(
                title="Bound of two stages of PixelCNN++, bits per dimension",
                columns=columns_of(rows),
                rows=tuple(rows),
                notes=(
                    "difference: mean over the images of the paired difference to"
                    " features, with its standard error. p(x~) is the same in both."
                    " The error leaves out what another training would give.",
                    "What a step of each costs: python -m benchmarks.training.",
                ),
                directions=dict.fromkeys(
                    ("bits_per_dim", "difference"), LOWER_IS_BETTER
                ),
                criteria=(
                    Criterion(
                        "parameters, stacked over features",
                        stacked["parameters"] / ours["parameters"],
                        minimum=1.0 - image_runs.SIZE_TOLERANCE,
                        maximum=1.0 + image_runs.SIZE_TOLERANCE,
                    ),
                ),
            )
        },
        {"figure": curves},
        {"figure": "Validation loss of each stage; the smoothed one is shared."},
    )


def _num_filters_of_stacked(flags: Sequence[str]) -> int:
    """Filters with which the stacked form has as many parameters as the features."""
    experiment = variants.parse([*flags, "--reverse_conditioning=features"])
    dataset = image_runs.open_images(experiment)
    wanted = image_runs.num_parameters(experiment, dataset, "reverse")
    num_filters = experiment.stages["reverse"].model_config.num_filters

    def num_parameters(number: int) -> int:
        stacked = variants.parse(
            [
                *flags,
                "--reverse_conditioning=stacked",
                f"--reverse_num_filters={number}",
            ]
        )
        return image_runs.num_parameters(stacked, dataset, "reverse")

    # A network grows with the square of its filters.
    guess = round(num_filters * math.sqrt(wanted / num_parameters(num_filters)))
    return min(
        range(max(1, guess - 1), guess + 2),
        key=lambda n: abs(num_parameters(n) - wanted),
    )
