"""Precision: the cost of computing in bfloat16, in bits per dimension.

The weights, the head and the likelihood stay float32. The configuration determines the
data set, the models and their training.
"""

from experiments.images import variants
from experiments.images.trainings import describe_freedom
from experiments.job import Job
from experiments.report.table import Criterion, Measurement, Result, Table, column_names
from smoothing_tf.config import parse
from smoothing_tf.evaluation.directions import LOWER_IS_BETTER

_DTYPES = ("float32", "bfloat16")


def run(job: Job) -> Result:
    """Trains both stages in both precisions, with seeds that follow the run's own.

    Args:
      job: the run, with the flags of a configuration, e.g. of
        configs/digits_pixelcnnpp.cfg.

    Returns:
      A table of all runs, and a figure of their validation losses.

    Raises:
      ValueError: the data set has no images with levels.
    """
    first = parse(job.flags).seed
    seeds = range(first, first + job.num_seeds)
    rows, curves = variants.run(
        job.directory,
        {dtype: [*job.flags, f"--compute_dtype={dtype}"] for dtype in _DTYPES},
        seeds=seeds,
        quick=job.quick,
    )
    mean = variants.mean_difference(rows, "bfloat16")
    table = Table(
        title="Bound of two stages in two precisions, bits per dimension",
        columns=column_names(rows),
        rows=tuple(rows),
        notes=(
            "difference: mean paired difference over the images from float32 with the"
            " same seed, with its standard error, which does not cover the variation"
            " between trainings.",
            _describe_mean(mean, len(seeds)),
            "+- of a bound: standard error over the images.",
        ),
        directions=dict.fromkeys(("bits_per_dim", "difference"), LOWER_IS_BETTER),
        criteria=(
            Criterion(
                "bfloat16 minus float32, mean over the seeds",
                mean.value,
                maximum=0.01,
            ),
        ),
    )
    return Result(
        {"table": table},
        {"figure": curves},
        {"figure": "Validation loss of each stage in both precisions, for every seed."},
    )


def _describe_mean(mean: Measurement, num_seeds: int) -> str:
    """Says in a sentence what the mean difference is, and how well it is known."""
    if num_seeds == 1:
        return "One seed: nothing is known of the spread over trainings."
    return (
        f"Mean difference over {num_seeds} seeds: {mean.to_text()}, with the standard"
        f" error of their spread ({describe_freedom(num_seeds)})."
    )
