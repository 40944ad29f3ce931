"""Runs an experiment and prints its tables next to published numbers and floors.

  python -m experiments.reproduce --experiment=rings [--quick]
  python -m experiments.reproduce --experiment=columns --flagfile=F

An interrupted run resumes where it stopped. Writes DIR/report.html, DIR/table.json,
DIR/figure.png and any further tables and figures by name. `--experiment=all` runs every
experiment that needs no configuration and writes its files to DIR/EXPERIMENT.
`columns`, `conditioning` and `precision` need a configuration: they accept the flags of
smoothing_tf.train. So does `compounding`, which takes the digits without any.
"""

import concurrent.futures
import dataclasses
import pathlib
import sys
import time
import traceback
from collections.abc import Mapping, Sequence

from experiments import EXPERIMENTS
from experiments.cells import KEPT, Cells, Pool
from experiments.job import Job
from experiments.report.page import Section, render_page
from experiments.report.table import Result
from smoothing_tf import artifacts, command_line, config, quiet
from smoothing_tf.evaluation.names import REPORT_FILE
from smoothing_tf.settings import setting, validate
from smoothing_tf.stage import Stage

_ALL = "all"
_DIGITS = "digits"
_RUNS = "runs/reproduce"


@dataclasses.dataclass(frozen=True)
class ReproduceOptions:
    """Options of this command."""

    experiment: str = setting(None, "Experiment to run.", choices=(*EXPERIMENTS, _ALL))
    workdir: str | None = setting(
        None,
        "Directory of the results; empty for runs/reproduce/EXPERIMENT, followed by"
        " -DATASET if flags give a configuration and by -quick if --quick is"
        " given.",
        none_name="",
        is_path=True,
    )
    quick: bool = setting(
        False,
        "Run the same code with few steps, as a smoke test: its numbers are"
        " meaningless.",
    )
    num_processes: int | None = setting(
        None,
        "Number of processes that train small models in parallel; 'auto': one per CPU.",
        minimum=1,
        none_name="auto",
    )
    num_seeds: int | None = setting(
        None,
        "Number of trainings of each model of the digits, columns, compounding and"
        " precision experiments, with seeds that follow each other; 'auto': three, or"
        " one with --quick.",
        minimum=1,
        none_name="auto",
    )

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    flags, options = config.parse_known_options(argv, ReproduceOptions, usage=__doc__)
    _check_num_seeds(options)
    name = _run_name(options, flags)
    directory = artifacts.make_directory(options.workdir or f"{_RUNS}/{name}")
    if options.experiment == _ALL:
        directories = {
            name: directory / name
            for name, experiment in EXPERIMENTS.items()
            if not experiment.needs_config
        }
    else:
        directories = {options.experiment: directory}
    quiet.import_tensorflow()
    from smoothing_tf import devices

    with artifacts.locked(directory), Pool(options.num_processes) as pool:
        devices.announce(config.parse(flags).compute_dtypes(tuple(Stage)))
        sections, errors = _run(
            directories,
            pool,
            tuple(flags),
            digits=_find_digits(options, directories),
            num_seeds=options.num_seeds,
            quick=options.quick,
        )
    if options.quick:
        print("This was a quick run: its numbers and verdicts are meaningless.")
    for section in sections:
        for table in section.result.tables.values():
            print(table.to_text(), end="\n\n")
    command = " ".join(["python -m experiments.reproduce", *argv])
    artifacts.write_text(
        directory / REPORT_FILE,
        render_page(sections, errors, command, is_quick=options.quick),
    )
    for section in sections:
        print(f"Tables and figures of {section.name}: {directories[section.name]}")
    print(f"Report: {directory / REPORT_FILE}")
    if errors:
        lines = "; ".join(
            f"{name}: {command_line.message_of(error)}"
            for name, error in errors.items()
        )
        raise RuntimeError(f"Not all experiments succeeded. {lines}")


def _check_num_seeds(options: ReproduceOptions) -> None:
    """Raises ValueError if the number of seeds has no effect."""
    choices = [name for name, one in EXPERIMENTS.items() if one.num_seeds]
    if options.num_seeds is not None and options.experiment not in (*choices, _ALL):
        raise ValueError(
            f"`--num_seeds` has no effect on {options.experiment}. Drop it; it applies"
            f" to {', '.join(choices)}."
        )


def _find_digits(
    options: ReproduceOptions, directories: Mapping[str, pathlib.Path]
) -> pathlib.Path | None:
    """Finds the directory of the experiment `digits`, whose trainings others share.

    With a --workdir of its own an experiment shares nothing outside of it.
    """
    if _DIGITS in directories or options.workdir:
        return directories.get(_DIGITS)
    name = _run_name(dataclasses.replace(options, experiment=_DIGITS), ())
    return pathlib.Path(_RUNS) / name


def _run_name(options: ReproduceOptions, flags: Sequence[str]) -> str:
    """Returns the name of the run's default directory.

    Raises:
      absl.flags.Error: a flag is unknown or its value is out of range.
      ValueError: the experiment needs a configuration and has no flags, or the other
        way round.
    """
    names = [options.experiment]
    with_config = [
        name
        for name, experiment in EXPERIMENTS.items()
        if experiment.needs_config or experiment.accepts_config
    ]
    chosen = EXPERIMENTS.get(options.experiment)
    if flags or (chosen is not None and chosen.needs_config):
        dataset = config.parse(flags).data.dataset
        if options.experiment not in with_config:
            raise ValueError(
                f"Flags of a model or its training apply to {', '.join(with_config)}"
                f" only; got {flags[0]!r} for {options.experiment}."
            )
        if not flags:
            raise ValueError(
                f"--experiment={options.experiment} needs a configuration, e.g."
                " --flagfile=configs/photos_pixelcnnpp.cfg; got no flags."
            )
        names.append(dataset)
    return "-".join([*names, *["quick"] * options.quick])


def _run(
    directories: dict[str, pathlib.Path],
    pool: Pool,
    flags: tuple[str, ...],
    *,
    digits: pathlib.Path | None,
    num_seeds: int | None,
    quick: bool,
) -> tuple[list[Section], dict[str, Exception]]:
    """Runs the concurrent experiments together, then the others one by one.

    While one experiment waits for its last cells, the pool computes those of another.
    """
    # Their modules are imported here and not in the threads.
    functions = {name: EXPERIMENTS[name].run for name in directories}

    def run(name: str) -> Section:
        start = time.perf_counter()
        directory = artifacts.make_directory(directories[name])
        cells = Cells(pool, directory / "cells")
        own = num_seeds or (not quick and EXPERIMENTS[name].num_seeds) or 1
        job = Job(directory, quick, cells, flags, own, digits)
        result = functions[name](job)
        _write(result, directory)
        seconds = cells.seconds or time.perf_counter() - start
        return Section(name, EXPERIMENTS[name].description, result, seconds)

    sections, errors = {}, {}
    is_only = len(directories) == 1
    concurrent_names = [name for name in directories if EXPERIMENTS[name].is_concurrent]
    with concurrent.futures.ThreadPoolExecutor(
        max(1, len(concurrent_names))
    ) as threads:
        futures = {threads.submit(run, name): name for name in concurrent_names}
        try:
            for future in concurrent.futures.as_completed(futures):
                name = futures[future]
                try:
                    sections[name] = future.result()
                except Exception as error:
                    _record_failure(name, error, errors, is_only=is_only)
        except KeyboardInterrupt:
            pool.kill()
            raise
    # The remaining experiments use all processors themselves.
    pool.rest()
    for name in directories:
        if name not in concurrent_names:
            try:
                sections[name] = run(name)
            except Exception as error:
                _record_failure(name, error, errors, is_only=is_only)
    return [sections[name] for name in directories if name in sections], errors


def _record_failure(
    name: str, error: Exception, errors: dict[str, Exception], *, is_only: bool
) -> None:
    """Reports a failure and continues, so that the other experiments' results survive.

    Raises:
      Exception: `error`, if no other experiment was asked for.
    """
    if is_only:
        raise error
    errors[name] = error
    if not command_line.is_deliberate(error):
        traceback.print_exception(error)
    print(
        f"{name} failed: {command_line.message_of(error)} The other experiments"
        " continue.",
        file=sys.stderr,
    )


def _write(result: Result, directory: pathlib.Path) -> None:
    for name, figure in result.figures.items():
        with artifacts.atomic_file(directory / f"{name}.png") as path:
            path.write_bytes(figure)
    for name, table in result.tables.items():
        artifacts.write_json(directory / f"{name}.json", table.to_json())


if __name__ == "__main__":
    command_line.run(main, KEPT)
