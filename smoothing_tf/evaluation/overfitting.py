"""Checks whether a model fits its training data better than held-out data."""

import math
from collections.abc import Mapping
from typing import Any

from smoothing_tf.evaluation.directions import LOWER_IS_BETTER
from smoothing_tf.evaluation.rounding import with_error

_MIN_ERRORS = 3.0


def overfitting(test: Mapping[str, Any], train: Mapping[str, Any]) -> dict[str, Any]:
    """Compares a bound on held-out data with that on training data.

    Args:
      test: the metric of held-out data, {"value", "se", "n", ...}, lower is better.
      train: metric of training data; the two sets of examples are independent.

    Returns:
      A metric: "value" is test - train, "se" = sqrt(se_test^2 + se_train^2), "found"
      whether the value is above 3 standard errors, and "statement" a sentence with both
      numbers. Where one of the two has no value or no error, "value", "se" and "found"
      are None and "reason" says why.
    """
    about = {"direction": LOWER_IS_BETTER, "num_standard_errors": _MIN_ERRORS}
    for name, metric in (("held-out", test), ("training", train)):
        for key, words in (("value", "value"), ("se", "standard error")):
            if metric[key] is None:
                reason = f"The bound on {name} data has no {words}."
                missing = dict.fromkeys(("value", "se", "n", "found", "statement"))
                return {**missing, **about, "reason": reason}
    value = test["value"] - train["value"]
    se = math.hypot(test["se"], train["se"])
    found = value > _MIN_ERRORS * se
    numbers = (
        f"{with_error(train['value'], train['se'])} on training data,"
        f" {with_error(test['value'], test['se'])} on held-out data"
    )
    if found:
        statement = (
            "Overfitting: the bound on training data is more than"
            f" {_MIN_ERRORS:.0f} standard errors below that on held-out data"
            f" ({numbers}, difference {with_error(value, se)})."
        )
    else:
        statement = (
            f"No overfitting found: {numbers}, difference {with_error(value, se)}, less"
            f" than {_MIN_ERRORS:.0f} standard errors."
        )
    return {
        "value": value,
        "se": se,
        "n": min(test["n"], train["n"]),
        "found": found,
        "statement": statement,
        **about,
    }
