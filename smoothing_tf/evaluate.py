"""Evaluates what has been trained in a working directory.

  python -m smoothing_tf.evaluate --workdir=DIR [--data_dir=DATA]

Writes DIR/evaluation/metrics.json and report.html: the bound in bits per dimension with
its standard error and terms, metrics of samples, pictures. Settings that are not given
are those of the run.
"""

import dataclasses
import pathlib
from collections.abc import Sequence

from smoothing_tf import artifacts, command_line, config, workdir
from smoothing_tf.data import open_dataset
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.data.dataset import DataConfig, Dataset
from smoothing_tf.evaluation import REPORT_FILE
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.headline import headline
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class EvaluateOptions:
    """Options of this command."""

    workdir: str = setting(None, "Directory of the run.", is_path=True)
    data_dir: str | None = setting(
        None,
        "Directory of the data set, where it is no longer the run's; empty for the"
        " run's.",
        none_name="",
        is_path=True,
    )

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
    data_config = experiment.data
    if options.data_dir is not None:
        data_config = dataclasses.replace(data_config, data_dir=options.data_dir)
    experiment = dataclasses.replace(
        experiment, data=data_config, evaluation=evaluation
    )
    dataset = _open_dataset(data_config, options.workdir)
    print(headline(workdir.evaluate(experiment, dataset, options.workdir)))
    directory = pathlib.Path(options.workdir) / workdir.EVALUATION_DIRECTORY
    print(f"Report: {directory / REPORT_FILE}")


def _open_dataset(data_config: DataConfig, directory: artifacts.Path) -> Dataset:
    """The data of the run in `directory`, from where they are now."""
    try:
        dataset = open_dataset(data_config)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{error} The data of this run cannot be opened; name the directory where"
            " they are now with --data_dir."
        ) from error
    data = workdir.stored_data_spec(directory)
    if data is not None:
        where = f"--data_dir={data_config.data_dir or ''}"
        data.check_same_kind(DataSpec.of(dataset), where)
    return dataset


if __name__ == "__main__":
    command_line.run(main)
