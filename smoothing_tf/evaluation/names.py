"""Names of files and metrics of an evaluation that others look for."""

METRICS_FILE = "metrics.json"
REPORT_FILE = "report.html"
PER_IMAGE_FILE = "per_image.npz"
# Ends the name of a bound minus that of a served model.
REGRESSION_SUFFIX = "_regression"
# Ends the name of a metric in the units of the file, where the data are standardized.
RAW_SUFFIX = "_raw_units"
