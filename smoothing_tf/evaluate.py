"""Evaluates what has been trained in a working directory.

  python -m smoothing_tf.evaluate --workdir=DIR

Writes DIR/evaluation/metrics.json and report.html: the bound in bits per dimension with
its standard error and terms, metrics of samples, pictures. Settings that are not given
are those of the run.
"""

import dataclasses
import pathlib
import sys
from collections.abc import Sequence

from smoothing_tf import artifacts, command_line, config, workdir
from smoothing_tf.data import open_dataset
from smoothing_tf.evaluation import REPORT_FILE, write_evaluation
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.report import headline
from smoothing_tf.settings import setting, validate
from smoothing_tf.training.history import History


@dataclasses.dataclass(frozen=True)
class EvaluateOptions:
    """Options of this command."""

    workdir: str = setting(None, "Directory of the run.")

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    options, _ = config.parse_options(
        argv, EvaluateOptions, EvaluationConfig, usage=__doc__
    )
    directory = pathlib.Path(options.workdir)
    experiment = workdir.load_config(directory)
    # Once more, now that the defaults are known: the settings of the run.
    _, evaluation = config.parse_options(argv, EvaluateOptions, experiment.evaluation)
    output = artifacts.make_directory(directory / "evaluation")
    dataset = open_dataset(experiment.data)
    trained = workdir.load_trained(experiment, dataset, directory)
    for message in trained.missing:
        print(message, file=sys.stderr)
    metrics = write_evaluation(
        two_stage=trained.two_stage,
        baseline=trained.baseline,
        dataset=dataset,
        config=evaluation,
        flags_text=config.to_flagfile(
            dataclasses.replace(experiment, evaluation=evaluation)
        ),
        histories={
            stage: History(directory / stage).rows()
            for stage in workdir.stages_present(directory)
        },
        seed=experiment.seed,
        directory=output,
    )
    print(headline(metrics))
    print(f"Report: {output / REPORT_FILE}")


if __name__ == "__main__":
    command_line.run(main)
