"""Draws samples of a trained two-stage model, or denoises or inpaints given images.

  python -m smoothing_tf.sample --workdir=DIR --num_samples=64 --output=FILE.npz
  python -m smoothing_tf.sample --workdir=DIR --class=3 --output=FILE.npz
  python -m smoothing_tf.sample --workdir=DIR --images=X.npz --denoise --output=FILE.npz
  python -m smoothing_tf.sample --workdir=DIR --images=X.npz --mask=M.npz --output=F.npz

Writes an array for each kind of sample that the trained stages give: `smoothed` (x~,
float32), `single_step`, `samples` and `baseline` (uint8 images, or float32 vectors);
and a picture of them, FILE.png. Class-conditional models add `label`, the class of
each sample (int32). An array with a value that is not finite stays float32.
Denoising writes the first three kinds for the given x~, inpainting `smoothed` and
`samples`, the inpaintings of each image next to each other.
"""

import dataclasses
import functools
from collections.abc import Sequence

from smoothing_tf import artifacts, command_line, quiet
from smoothing_tf.config import load_config, parse_options
from smoothing_tf.sampling.config import SamplingConfig
from smoothing_tf.sampling.output_path import check_output
from smoothing_tf.settings import setting, validate
from smoothing_tf.stage import TWO_STAGES


@dataclasses.dataclass(frozen=True)
class SampleOptions:
    """Options of this command."""

    workdir: str = setting(None, "Directory of the run.", is_path=True)
    output: str = setting(
        None, "File FILE.npz to write; the picture is FILE.png.", is_path=True
    )

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    options, sampling = parse_options(
        argv, SampleOptions, SamplingConfig, usage=__doc__
    )
    output = check_output(options.output)
    config = load_config(options.workdir)
    quiet.import_tensorflow()
    from smoothing_tf import devices, workdir
    from smoothing_tf.sampling.output import find_real_examples, write_samples
    from smoothing_tf.sampling.tasks import make_task

    data = workdir.load_data_spec(options.workdir, config)
    artifacts.make_directory(output.parent)
    find_real = functools.partial(
        find_real_examples,
        config.data,
        data,
        (config.evaluation.split, "validation", "train"),
    )
    task = make_task(sampling, data, config.smoothing.noise_scale, find_real)
    needed = TWO_STAGES if task.needs_both_stages else None
    trained = workdir.load_trained(config, data, options.workdir, needed)
    if trained.smoothed is None and trained.baseline is None:
        # The stage reverse alone draws nothing: the error says what is missing.
        workdir.require_stages(options.workdir, TWO_STAGES)
    workdir.say_missing_stages(trained, options.workdir)
    devices.announce(config.compute_dtypes(tuple(trained.models)))
    show = functools.partial(task.show, trained)
    write_samples(output, task.draw(trained), show, data.num_levels)


if __name__ == "__main__":
    command_line.run(main)
