"""Compresses images without loss, to the size that the likelihood promises.

  python -m smoothing_tf.compress --workdir=DIR --images=X.npz --output=FILE
  python -m smoothing_tf.compress --workdir=DIR --images=FOLDER --output=FILE
  python -m smoothing_tf.compress --workdir=DIR --images=X.npz --output=FILE
    --stage=two_stage

Needs the extra `codec`. `python -m smoothing_tf.decompress` restores the images with
the same run, the same versions of TensorFlow and NumPy and the same kind of device; it
refuses to do so with others. Prints bits per dimension next to those of the likelihood
and of other formats.
"""

import dataclasses
from collections.abc import Sequence

from smoothing_tf import artifacts, command_line, quiet
from smoothing_tf.compression.config import CompressionConfig
from smoothing_tf.compression.paths import check_compressed
from smoothing_tf.config import load_config, parse_options
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class CompressOptions:
    """Options of this command."""

    workdir: str = setting(None, "Directory of the run.", is_path=True)
    images: str = setting(
        None,
        "Images of the data's levels: a file .npz with uint8 [n, h, w, c] in `images`,"
        " `samples` or its only array, and for class-conditional models `label`; or a"
        " folder of PNG files, which are read in the order of their names.",
        is_path=True,
    )
    output: str = setting(None, "File to write.", is_path=True)
    class_: str | None = setting(
        None,
        "Class of all images for a class-conditional model, by its name or number.",
        none_name="",
    )
    compare: bool = setting(
        True,
        "Print the size of the images as PNG, WebP and, if the package"
        " pillow-jxl-plugin is installed, JPEG XL.",
    )

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    options, compression = parse_options(
        argv, CompressOptions, CompressionConfig, usage=__doc__
    )
    output = check_compressed(options.output, options.images)
    config = load_config(options.workdir)
    quiet.import_tensorflow()
    from smoothing_tf import devices, workdir
    from smoothing_tf.compression import commands, facts

    facts.use_cpu(compression.num_threads)
    data = workdir.load_data_spec(options.workdir, config)
    x, label = commands.read_task(options.images, options.class_, data)
    artifacts.make_directory(output.parent)
    trained = workdir.load_trained(config, data, options.workdir)
    devices.announce(config.compute_dtypes(tuple(trained.models)))
    commands.write_compressed(trained, x, label, compression, output, options.compare)


if __name__ == "__main__":
    command_line.run(main)
