"""Evaluates what has been trained in a working directory.

  python -m smoothing_tf.evaluate --workdir=DIR [--data_dir=DATA]

Writes DIR/evaluation/metrics.json and report.html: the bound in bits per dimension with
its standard error and terms, metrics of the samples, and pictures. The settings of the
evaluation are those of the run unless they are given here.
"""

import dataclasses
import pathlib
from collections.abc import Sequence

from smoothing_tf import artifacts, command_line, workdir
from smoothing_tf.config import parse_changes
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
    config = workdir.load_config(options.workdir)
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
    dataset = _open_dataset(data_config, options.workdir)
    print(headline(workdir.evaluate(config, dataset, options.workdir)))
    directory = pathlib.Path(options.workdir) / workdir.EVALUATION_DIRECTORY
    print(f"Report: {directory / REPORT_FILE}")


def _open_dataset(data_config: DataConfig, directory: artifacts.Path) -> Dataset:
    """Opens the data of the run in `directory`, wherever they are now."""
    try:
        dataset = open_dataset(data_config)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{error} The data of this run cannot be opened; say where they are now"
            " with --data_dir."
        ) from error
    data = workdir.stored_data_spec(directory)
    if data is not None:
        where = f"--data_dir={data_config.data_dir or ''}"
        data.check_same_kind(DataSpec.of(dataset), where)
        if data.class_frequencies is not None:
            data.check_same_classes(DataSpec.of(dataset), where)
    return dataset


if __name__ == "__main__":
    command_line.run(main)
