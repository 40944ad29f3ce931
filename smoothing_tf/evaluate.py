"""Evaluates what has been trained in a working directory.

  python -m smoothing_tf.evaluate --workdir=DIR

Writes DIR/evaluation/metrics.json and report.html: the bound in bits per dimension with
its standard error and terms, metrics of samples, pictures. Settings that are not given
are those of the run.
"""

import dataclasses
import pathlib
from collections.abc import Sequence

from smoothing_tf import command_line, config, workdir
from smoothing_tf.data import open_dataset
from smoothing_tf.evaluation import REPORT_FILE
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.headline import headline
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class EvaluateOptions:
    """Options of this command."""

    workdir: str = setting(None, "Directory of the run.", is_path=True)

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    options, _ = config.parse_options(
        argv, EvaluateOptions, EvaluationConfig, usage=__doc__
    )
    experiment = workdir.load_config(options.workdir)
    # Once more, now that the defaults are known: the settings of the run.
    _, evaluation = config.parse_options(argv, EvaluateOptions, experiment.evaluation)
    experiment = dataclasses.replace(experiment, evaluation=evaluation)
    dataset = open_dataset(experiment.data)
    print(headline(workdir.evaluate(experiment, dataset, options.workdir)))
    directory = pathlib.Path(options.workdir) / workdir.EVALUATION_DIRECTORY
    print(f"Report: {directory / REPORT_FILE}")


if __name__ == "__main__":
    command_line.run(main)
