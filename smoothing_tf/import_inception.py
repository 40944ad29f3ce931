"""Imports the published Inception graph as the SavedModel that a FID needs.

  python -m smoothing_tf.import_inception --graph=classify_image_graph_def.pb
    --output=DIR
  python -m smoothing_tf.evaluate --workdir=W --extractors=inception --inception_dir=DIR

The graph is the file classify_image_graph_def.pb in the archive
inception-2015-12-05.tgz, which TensorFlow has published at
http://download.tensorflow.org/models/image/imagenet/inception-2015-12-05.tgz; it is not
part of this package. Features of another network give no FID. The SavedModel is
compared with the graph before DIR appears; DIR must be empty or missing.
"""

import dataclasses
from collections.abc import Sequence

from smoothing_tf import artifacts, command_line, config, quiet
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class ImportOptions:
    """Options of this command."""

    graph: str = setting(
        None, "File with the frozen graph, classify_image_graph_def.pb.", is_path=True
    )
    output: str = setting(
        None, "Directory of the SavedModel; must be empty or missing.", is_path=True
    )

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    (options,) = config.parse_options(argv, ImportOptions, usage=__doc__)
    output = artifacts.check_directory(options.output)
    graph = artifacts.read_bytes(options.graph)
    quiet.import_tensorflow()
    from smoothing_tf.evaluation.extractors.inception_graph import import_inception

    sha256, graph_sha256 = import_inception(graph, options.graph, output)
    print(
        f"Imported {options.graph}, sha256 {graph_sha256}, to {output}, sha256"
        f" {sha256}."
    )


if __name__ == "__main__":
    command_line.run(main)
