"""Exports a trained two-stage model as a SavedModel for TensorFlow Serving.

  python -m smoothing_tf.export --workdir=DIR --output=MODELS/name

Writes MODELS/name/<next version number>/ after checking that the SavedModel computes
what the Python model computes. The exported network computes in float32, whatever the
precision of its training.
"""

import dataclasses
from collections.abc import Sequence

from smoothing_tf import artifacts, command_line, quiet
from smoothing_tf.config import load_config, parse_options
from smoothing_tf.serving.layout import next_version
from smoothing_tf.settings import setting, validate
from smoothing_tf.stage import TWO_STAGES


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    """Options of this command."""

    workdir: str = setting(
        None,
        "Directory of the run, with the stages smoothed and reverse trained.",
        is_path=True,
    )
    output: str = setting(
        None,
        "Directory of the model; its versions are sub-directories.",
        is_path=True,
    )

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    (options,) = parse_options(argv, ExportOptions, usage=__doc__)
    output = artifacts.check_directory(options.output)
    config = load_config(options.workdir).in_float32()
    quiet.import_tensorflow()
    from smoothing_tf import devices, workdir
    from smoothing_tf.serving.saved_model import export_saved_model

    data = workdir.load_data_spec(options.workdir, config)
    trained = workdir.load_trained(config, data, options.workdir, TWO_STAGES)
    devices.announce()
    version = output / str(next_version(output))
    export_saved_model(trained, version, progress=True)
    print(f"Exported to {version}.")


if __name__ == "__main__":
    command_line.run(main)
