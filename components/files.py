"""Names of the files that one node leaves for another."""

import re

# Written by augment: the smoothing distribution with its resolved noise scale.
SMOOTHING_FILE = "smoothing.json"
# Written by ingest: the page about the data.
DATA_PAGE_FILE = "data.html"
# Written by evaluate: whether the model is blessed, and why.
BLESSING_FILE = "blessing.json"

_MAX_NAME_LENGTH = 64


def file_name(name: str) -> str:
    """Makes the prefix of the names of a data set's files, which TFDS parses back.

    It begins with a letter, holds only characters that are safe in a file name, and is
    short enough.
    """
    name = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not name[:1].isalpha():
        name = f"data_{name}".strip("_")
    return name[:_MAX_NAME_LENGTH].strip("_")
