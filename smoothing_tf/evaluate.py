"""Evaluates what has been trained in a working directory, or compares such runs.

  python -m smoothing_tf.evaluate --workdir=DIR [--data_dir=DATA]
  python -m smoothing_tf.evaluate --compare=DIR,DIR,... --output=DIRECTORY

Writes DIR/evaluation/metrics.json and report.html: the bound in bits per dimension with
its standard error and terms, metrics of the samples, and pictures. The settings of the
evaluation are those of the run unless they are given here.

With --compare, writes DIRECTORY/comparison.html and comparison.json: the numbers of
runs that were evaluated before, on the same images, next to each other, with the
difference of each from the first, image by image.
"""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from smoothing_tf import command_line, quiet
from smoothing_tf.config import load_config, parse_changes
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.names import REPORT_FILE
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class EvaluateOptions:
    """Options of this command."""

    workdir: str | None = setting(
        None,
        "Directory of the run; required without --compare.",
        none_name="",
        is_path=True,
    )
    compare: tuple[str, ...] = setting(
        (),
        "Directories of two or more evaluated runs, or of evaluations, to compare; the"
        " first is the one that the others are compared with.",
        is_path=True,
    )
    output: str | None = setting(
        None,
        "With --compare: directory of the page, made when it is missing.",
        none_name="",
        is_path=True,
    )
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
        if not self.compare:
            if self.workdir is None:
                raise ValueError("`--workdir` must be given: Directory of the run.")
            if self.output is not None:
                raise ValueError(
                    "`--output` has no effect without --compare: an evaluation is"
                    " written to the directory of its run. Drop it."
                )
        elif self.output is None:
            raise ValueError(
                "`--output` must be given with --compare: Directory of the page."
            )


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    options, changes = parse_changes(
        argv, EvaluateOptions, EvaluationConfig, usage=__doc__
    )
    if options.compare:
        _compare(options, changes)
        return
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


def _compare(options: EvaluateOptions, changes: Mapping[str, Any]) -> None:
    given = [
        name
        for name in ("workdir", "data_dir", "cache_dir")
        if getattr(options, name) is not None
    ] + list(changes)
    if given:
        raise ValueError(
            f"`--{given[0]}` has no effect with --compare, which reads evaluations that"
            " were written before. Drop it."
        )
    quiet.import_tensorflow()
    from smoothing_tf.evaluation.comparison_page import (
        PAGE_FILE,
        comparison_lines,
        write_comparison,
    )

    output = pathlib.Path(options.output or "")
    compared = write_comparison(options.compare, output)
    print(*comparison_lines(compared), *compared["not_comparable"], sep="\n")
    print(f"Comparison: {output / PAGE_FILE}")


if __name__ == "__main__":
    command_line.run(main)
