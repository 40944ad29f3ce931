"""Runs an experiment and shows its tables beside published numbers and floors.

  python -m experiments.reproduce --experiment=rings [--quick]
  python -m experiments.reproduce --experiment=columns --flagfile=F

Goes on where it stopped. Writes DIR/report.html, DIR/table.json and DIR/figure.png, and
further tables and figures by name; `--experiment=all` runs every experiment and writes
these to DIR/EXPERIMENT. `columns`, `conditioning` and `precision` are of a
configuration, and take the flags of smoothing_tf.train; they are not among `all`.
"""

import concurrent.futures
import dataclasses
import pathlib
import sys
import time
import traceback
from collections.abc import Sequence

from experiments import EXPERIMENTS, takes
from experiments.cells import Cells, Pool
from experiments.report.page import Section, render_page
from experiments.report.result import Result
from smoothing_tf import artifacts, command_line, config, devices
from smoothing_tf.settings import setting, validate

_ALL = "all"


@dataclasses.dataclass(frozen=True)
class ReproduceOptions:
    """Options of this command."""

    experiment: str = setting(None, "Experiment to run.", choices=(*EXPERIMENTS, _ALL))
    workdir: str | None = setting(
        None,
        "Where to work; empty for runs/reproduce/EXPERIMENT, with -DATASET of a"
        " configuration and -quick if it is.",
        none_name="",
        is_path=True,
    )
    quick: bool = setting(
        False, "The same code with few steps: shows that it runs, not what it gives."
    )
    num_processes: int | None = setting(
        None,
        "Processes that train small models side by side; 'auto': one per CPU.",
        minimum=1,
        none_name="auto",
    )

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    flags, options = config.parse_known_options(argv, ReproduceOptions, usage=__doc__)
    name = _run_name(options, flags)
    directory = artifacts.make_directory(options.workdir or f"runs/reproduce/{name}")
    if options.experiment == _ALL:
        directories = {
            name: directory / name
            for name, experiment in EXPERIMENTS.items()
            if not takes(experiment, "flags")
        }
    else:
        directories = {options.experiment: directory}
    with artifacts.locked(directory), Pool(options.num_processes) as pool:
        devices.announce(_compute_dtypes(flags))
        sections, errors = _run(directories, pool, flags, quick=options.quick)
    if options.quick:
        print("A quick run shows that it runs: its numbers and verdicts mean nothing.")
    for section in sections:
        for table in section.result.tables.values():
            print(table.to_text(), end="\n\n")
    command = " ".join(["python -m experiments.reproduce", *argv])
    artifacts.write_text(
        directory / "report.html",
        render_page(sections, errors, command, is_quick=options.quick),
    )
    for section in sections:
        print(f"Tables and figures of {section.name}: {directories[section.name]}")
    print(f"Report: {directory / 'report.html'}")
    if errors:
        lines = "; ".join(
            f"{name}: {command_line.message_of(error)}"
            for name, error in errors.items()
        )
        raise RuntimeError(f"Not all experiments could be run. {lines}")


def _run_name(options: ReproduceOptions, flags: Sequence[str]) -> str:
    """The experiment with the data set of its configuration, if it is of one.

    Raises:
      absl.flags.Error: an unknown flag, or a value out of range.
      ValueError: flags for an experiment of no configuration, or none for one.
    """
    names = [options.experiment]
    of_flags = [name for name, module in EXPERIMENTS.items() if takes(module, "flags")]
    if flags or options.experiment in of_flags:
        dataset = config.parse(flags).data.dataset
        if options.experiment not in of_flags:
            raise ValueError(
                f"Flags of a model or its training must be given to"
                f" {', '.join(of_flags)} only; got {flags[0]!r} for"
                f" {options.experiment}."
            )
        if not flags:
            raise ValueError(
                f"--experiment={options.experiment} must be given a configuration, e.g."
                " --flagfile=configs/photos_pixelcnnpp.cfg; got no flags."
            )
        names.append(dataset)
    return "-".join([*names, *["quick"] * options.quick])


def _compute_dtypes(flags: Sequence[str]) -> dict[str, str]:
    return config.parse(flags).compute_dtypes(artifacts.STAGES)


def _run(
    directories: dict[str, pathlib.Path],
    pool: Pool,
    flags: Sequence[str],
    *,
    quick: bool,
) -> tuple[list[Section], dict[str, Exception]]:
    """Runs experiments, those of cells side by side: a pause of one serves another."""

    def run(name: str) -> Section:
        start = time.perf_counter()
        directory = artifacts.make_directory(directories[name])
        experiment = EXPERIMENTS[name]
        cells = Cells(pool, directory / "cells")
        given = {"cells": cells, "flags": flags}
        given = {key: value for key, value in given.items() if takes(experiment, key)}
        result = experiment.run(directory, quick=quick, **given)
        _write(result, directory)
        seconds = cells.seconds or time.perf_counter() - start
        return Section(name, experiment.__doc__, result, seconds)

    sections, errors = {}, {}
    side_by_side = [name for name in directories if takes(EXPERIMENTS[name], "cells")]
    with concurrent.futures.ThreadPoolExecutor(max(1, len(side_by_side))) as threads:
        futures = {threads.submit(run, name): name for name in side_by_side}
        try:
            for future in concurrent.futures.as_completed(futures):
                name = futures[future]
                try:
                    sections[name] = future.result()
                except Exception as error:
                    _say_failed(name, error, errors, alone=len(directories) == 1)
        except KeyboardInterrupt:
            pool.kill()
            raise
    # These use all processors by themselves.
    pool.rest()
    for name in directories:
        if name not in side_by_side:
            try:
                sections[name] = run(name)
            except Exception as error:
                _say_failed(name, error, errors, alone=len(directories) == 1)
    return [sections[name] for name in directories if name in sections], errors


def _say_failed(name: str, error: Exception, errors: dict, *, alone: bool) -> None:
    """Among others a failure waits for the end, so that no result is lost."""
    if alone:
        raise error
    errors[name] = error
    if not command_line.is_deliberate(error):
        traceback.print_exception(error)
    print(
        f"{name} failed: {command_line.message_of(error)} The other experiments are"
        " still run.",
        file=sys.stderr,
    )


def _write(result: Result, directory: pathlib.Path) -> None:
    for name, figure in result.figures.items():
        with artifacts.atomic_file(directory / f"{name}.png") as path:
            path.write_bytes(figure)
    for name, table in result.tables.items():
        artifacts.write_json(directory / f"{name}.json", table.to_json())


if __name__ == "__main__":
    command_line.run(main, "Finished cells are kept; run the same command to go on.")
