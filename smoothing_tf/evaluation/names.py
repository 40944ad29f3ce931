"""Names of files and metrics of an evaluation that others look for."""

METRICS_FILE = "metrics.json"
REPORT_FILE = "report.html"
# Ends the name of a metric in the units of the file, where the data are standardized.
RAW_SUFFIX = "_raw_units"
