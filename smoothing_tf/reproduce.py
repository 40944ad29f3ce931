"""Runs an experiment and shows its table beside published numbers and floors.

  python -m smoothing_tf.reproduce --experiment=digits [--quick]

Goes on where it stopped. Writes DIR/table.json and DIR/figure.png.
"""

import dataclasses
import pathlib
from collections.abc import Sequence

from smoothing_tf import artifacts, command_line, config
from smoothing_tf.experiments import EXPERIMENTS
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class ReproduceOptions:
    """Options of this command."""

    experiment: str = setting(None, "Experiment to run.", choices=tuple(EXPERIMENTS))
    workdir: str | None = setting(
        None,
        "Where to work; empty for runs/reproduce/EXPERIMENT, with -quick if it is.",
        none_name="",
    )
    quick: bool = setting(
        False, "The same code with few steps: shows that it runs, not what it gives."
    )

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    (options,) = config.parse_options(argv, ReproduceOptions, usage=__doc__)
    name = options.experiment + ("-quick" if options.quick else "")
    directory = pathlib.Path(options.workdir or f"runs/reproduce/{name}")
    artifacts.make_directory(directory)
    table, figure = EXPERIMENTS[options.experiment](directory, quick=options.quick)
    with artifacts.atomic_file(directory / "figure.png") as path:
        path.write_bytes(figure)
    artifacts.write_json(directory / "table.json", table.to_json())
    print(table.to_text())
    print(f"\nTable: {directory / 'table.json'}\nFigure: {directory / 'figure.png'}")


if __name__ == "__main__":
    command_line.run(main)
