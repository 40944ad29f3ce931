"""Restores the images that `compress` has compressed, bit for bit.

  python -m smoothing_tf.decompress --workdir=DIR --input=FILE --output=X.npz
  python -m smoothing_tf.decompress --workdir=DIR --input=FILE --output=FOLDER

Needs the extra `codec`. Writes an array `images`, uint8 [n, h, w, c], and `label` for a
class-conditional model; or a PNG file for each image. A damaged file, another model,
version or kind of device is an error, and nothing is written.
"""

import dataclasses
from collections.abc import Sequence

from smoothing_tf import artifacts, command_line, quiet
from smoothing_tf.compression.paths import check_images
from smoothing_tf.config import load_config, parse_options
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class DecompressOptions:
    """Options of this command."""

    workdir: str = setting(
        None, "Directory of the run that compressed the images.", is_path=True
    )
    input: str = setting(None, "File to decompress.", is_path=True)
    output: str = setting(
        None,
        "File FILE.npz to write, or a new or empty directory for PNG files.",
        is_path=True,
    )
    skip_damaged: bool = setting(
        False,
        "Write the images of the blocks that are not damaged, with their numbers in"
        " `index`, instead of failing. Only files of --stage=baseline have several.",
    )

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    (options,) = parse_options(argv, DecompressOptions, usage=__doc__)
    output = check_images(options.output, options.input)
    config = load_config(options.workdir)
    compressed = artifacts.read_bytes(options.input)
    quiet.import_tensorflow()
    from smoothing_tf import devices, workdir
    from smoothing_tf.compression import commands

    commands.use_cpu_of(compressed)
    data = workdir.load_data_spec(options.workdir, config)
    trained = workdir.load_trained(config, data, options.workdir)
    devices.announce(config.compute_dtypes(tuple(trained.models)))
    commands.write_restored(trained, compressed, output, options.skip_damaged)


if __name__ == "__main__":
    command_line.run(main)
