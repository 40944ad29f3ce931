"""Precision: what computing in bfloat16 costs in bits per dimension.

The weights, the head and the likelihood stay float32. The configuration says which
data, which models and how long.
"""

import pathlib
from collections.abc import Sequence

from experiments.images import variants
from experiments.report.result import Result
from experiments.report.table import Criterion, Table, columns_of
from smoothing_tf import artifacts
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER

_DTYPES = ("float32", "bfloat16")
_SEEDS = (0, 1, 2)


def run(directory: artifacts.Path, *, quick: bool, flags: Sequence[str]) -> Result:
    """Trains both stages in both precisions, with three seeds.

    Args:
      directory: the working directories go below it.
      quick: a few steps and one seed, to see it run.
      flags: of the configuration, e.g. of configs/digits_pixelcnnpp.cfg.

    Raises:
      ValueError: the flags make no configuration of images.
    """
    rows, curves = variants.run(
        pathlib.Path(directory),
        {dtype: [*flags, f"--compute_dtype={dtype}"] for dtype in _DTYPES},
        seeds=_SEEDS[:1] if quick else _SEEDS,
        quick=quick,
    )
    mean = variants.mean_difference(rows, "bfloat16")
    return Result(
        {
            "table": Table(
                title="Bound of two stages in two precisions, bits per dimension",
                columns=columns_of(rows),
                rows=tuple(rows),
                notes=(
                    "difference: to float32 with the same seed, mean over the images of"
                    " the paired difference, with its standard error, which leaves"
                    " out what another training would give.",
                    f"Mean over {len(rows) // 2} seeds: {mean.to_text()}, the standard"
                    f" error by the seeds' spread, of {len(rows) // 2 - 1} degrees of"
                    " freedom. +- of a bound is over its images.",
                ),
                directions=dict.fromkeys(
                    ("bits_per_dim", "difference"), LOWER_IS_BETTER
                ),
                criteria=(
                    Criterion(
                        "bfloat16 minus float32, mean over the seeds",
                        mean.value,
                        maximum=0.01,
                    ),
                ),
            )
        },
        {"figure": curves},
        {"figure": "Validation loss of each stage in both precisions, every seed."},
    )
