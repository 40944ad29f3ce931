"""Names of the files that one node leaves for another."""

# Written by augment: the smoothing distribution with its resolved noise scale.
SMOOTHING_FILE = "smoothing.json"
