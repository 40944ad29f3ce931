"""The layout of a directory of served models."""

import pathlib

from smoothing_tf import artifacts

# Describes the inputs and outputs of the graph. TensorFlow Serving ignores it.
METADATA_FILE = "assets.extra/smoothing.json"


def versions(models_directory: artifacts.Path) -> list[pathlib.Path]:
    """Lists the versions in MODELS/name, oldest first."""
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
    """Returns the version after the highest one in MODELS/name, or 1."""
    return 1 + max((int(path.name) for path in versions(models_directory)), default=0)
