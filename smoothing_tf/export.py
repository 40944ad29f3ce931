"""Exports trained stages as a SavedModel for TensorFlow Serving.

  python -m smoothing_tf.export --workdir=DIR --output=MODELS/name

Writes MODELS/name/<next version number>/ after checking that the SavedModel computes
what the Python model computes. The exported network computes in float32, whatever the
precision of its training.
"""

import dataclasses
from collections.abc import Sequence

from smoothing_tf import artifacts, command_line, quiet
from smoothing_tf.config import load_config, parse_options
from smoothing_tf.serving.layout import DEFAULT_MAX_SAMPLES, next_version
from smoothing_tf.settings import setting, validate
from smoothing_tf.stage import TWO_STAGES, Stage, check_stages


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    """Options of this command."""

    workdir: str = setting(
        None,
        "Directory of the run.",
        is_path=True,
    )
    output: str = setting(
        None,
        "Directory of the model; its versions are sub-directories.",
        is_path=True,
    )
    stages: tuple[str, ...] = setting(
        TWO_STAGES,
        "Trained stages to export: smoothed,reverse, baseline by itself, or all three.",
        choices=tuple(Stage),
    )
    max_samples: int = setting(
        DEFAULT_MAX_SAMPLES,
        "Largest number of rows of one request; where a row has particles or draws, of"
        " rows times those.",
        minimum=1,
    )
    inpainting: bool = setting(
        False,
        "Whether to export inpainting as well, which needs two autoregressive stages."
        " It holds both samplers once more, and an export takes half as long again.",
    )

    def __post_init__(self):
        validate(self)
        check_stages(self.stages)
        has_one = len(set(self.stages) & set(TWO_STAGES)) == 1
        if has_one:
            raise ValueError(
                "`--stages` must name both smoothed and reverse, or neither; got"
                f" {','.join(self.stages)}."
            )
        if self.inpainting and not set(self.stages) & set(TWO_STAGES):
            raise ValueError(
                "`--inpainting` needs --stages with smoothed and reverse; got"
                f" {','.join(self.stages)}. Drop it, or name these stages too."
            )


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    (options,) = parse_options(argv, ExportOptions, usage=__doc__)
    output = artifacts.check_directory(options.output)
    config = load_config(options.workdir).in_float32()
    quiet.import_tensorflow()
    from smoothing_tf import devices, run_about, workdir
    from smoothing_tf.serving.saved_model import export_saved_model

    data = workdir.load_data_spec(options.workdir, config)
    trained = workdir.load_trained(config, data, options.workdir, options.stages)
    devices.announce()
    version = output / str(next_version(output))
    export_saved_model(
        trained,
        version,
        max_samples=options.max_samples,
        inpainting=options.inpainting,
        about=run_about.describe(
            options.workdir, config.data.dataset, data.name, trained.steps
        ),
        progress=True,
    )
    print(f"Exported to {version}.")


if __name__ == "__main__":
    command_line.run(main)
