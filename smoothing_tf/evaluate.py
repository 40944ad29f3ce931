"""Evaluates what has been trained in a working directory.

  python -m smoothing_tf.evaluate --workdir=DIR [--data_dir=DATA]

Writes DIR/evaluation/metrics.json and report.html: the bound in bits per dimension with
its standard error and terms, metrics of the samples, and pictures. The settings of the
evaluation are those of the run unless they are given here.
"""

import dataclasses
import pathlib
from collections.abc import Sequence

from smoothing_tf import command_line, quiet
from smoothing_tf.config import load_config, parse_changes
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.names import REPORT_FILE
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class EvaluateOptions:
    """Options of this command."""

    workdir: str = setting(None, "Directory of the run.", is_path=True)
    data_dir: str | None = setting(
        None,
        "Directory of the data set, if it was moved since the training; empty for the"
        " directory of the training.",
        none_name="",
        is_path=True,
    )
    cache_dir: str | None = setting(
        None,
        "Directory for decoded splits, if it is not that of the training; empty for"
        " that one.",
        none_name="",
        is_path=True,
    )

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    options, changes = parse_changes(
        argv, EvaluateOptions, EvaluationConfig, usage=__doc__
    )
    config = load_config(options.workdir)
    data_config = config.data
    if options.data_dir is not None:
        data_config = dataclasses.replace(data_config, data_dir=options.data_dir)
    if options.cache_dir is not None:
        data_config = dataclasses.replace(data_config, cache_dir=options.cache_dir)
    config = dataclasses.replace(
        config,
        data=data_config,
        evaluation=dataclasses.replace(config.evaluation, **changes),
    )
    quiet.import_tensorflow()
    from smoothing_tf import workdir
    from smoothing_tf.evaluation.headline import headline

    dataset = workdir.open_dataset_of_run(data_config, options.workdir)
    print(headline(workdir.evaluate(config, dataset, options.workdir)))
    directory = pathlib.Path(options.workdir) / workdir.EVALUATION_DIRECTORY
    print(f"Report: {directory / REPORT_FILE}")


if __name__ == "__main__":
    command_line.run(main)
