"""The layout of a directory of served models."""

import pathlib

from smoothing_tf import artifacts

# Describes the inputs and outputs of the graph. TensorFlow Serving ignores it.
METADATA_FILE = "assets.extra/smoothing.json"
# Requests that TensorFlow Serving runs before it uses a version.
WARMUP_FILE = "assets.extra/tf_serving_warmup_requests"
# Describes the model to people, with a picture of samples next to it.
CARD_FILE = "README.md"
PICTURE_FILE = "samples.png"
# The largest number of rows of a request, unless another is set.
DEFAULT_MAX_SAMPLES = 1000


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
