"""Likelihoods of standardized data in the units of the file."""

from collections.abc import Mapping
from typing import Any

from smoothing_tf.evaluation.names import RAW_SUFFIX
from smoothing_tf.standardization import Standardization

# The likelihoods of x; p(x~) has a scale of its own and is not compared.
_NAMES = (
    "nll",
    "nll_iw",
    "nll_marginal",
    "nll_baseline",
    "nll_baseline_marginal",
)


def in_raw_units(
    metrics: Mapping[str, Any], standardization: Standardization | None
) -> dict[str, Any]:
    """Converts likelihoods on the standardized scale to raw units.

    With z = (x - mean) / std, p(x) = p(z) / prod(std): the nats per example grow by the
    sum of the logarithms of the standard deviations, a constant, and the standard error
    stays.

    Args:
      metrics: content of metrics.json. "scale" is added to each likelihood of
        standardized data.
      standardization: the scale of the data, or None.

    Returns:
      "<name>_raw_units" -> metric; nothing for data in their own units.
    """
    if standardization is None:
        return {}
    raw = {}
    for name, metric in metrics.items():
        if not name.startswith("nll"):
            continue
        metric["scale"] = "standardized"
        if name not in _NAMES:
            continue
        value = metric["value"]
        raw[name + RAW_SUFFIX] = {
            **{key: entry for key, entry in metric.items() if "terms" not in key},
            "value": None if value is None else value + standardization.log_volume,
            "scale": "raw units",
            "log_volume": standardization.log_volume,
        }
    return raw
