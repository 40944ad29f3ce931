"""Names of the files that one node leaves for another."""

# Written by augment: the smoothing distribution with its resolved noise scale.
SMOOTHING_FILE = "smoothing.json"
# Written by ingest: the page about the data.
DATA_PAGE_FILE = "data.html"
