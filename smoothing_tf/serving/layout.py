"""Where things lie in a directory of served models."""

import pathlib

from smoothing_tf import artifacts

# Beside the graph: what its inputs and outputs are. TensorFlow Serving ignores it.
METADATA_FILE = "assets.extra/smoothing.json"


def versions(models_directory: artifacts.Path) -> list[pathlib.Path]:
    """The versions in MODELS/name, oldest first; [] when there is no directory."""
    path = pathlib.Path(models_directory)
    return sorted(
        (
            child
            for child in (path.iterdir() if path.is_dir() else ())
            if child.name.isdecimal()
        ),
        key=lambda child: int(child.name),
    )


def next_version(models_directory: artifacts.Path) -> int:
    """The version after the highest one in MODELS/name, 1 when there is none."""
    return 1 + max((int(path.name) for path in versions(models_directory)), default=0)
