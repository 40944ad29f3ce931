"""How many draws an importance-weighted bound rests on."""

import math
from typing import Any

import numpy as np

from smoothing_tf.evaluation.directions import HIGHER_IS_BETTER

# With fewer draws, a small number says nothing.
_MIN_DRAWS = 4
# A bound rests on about the best draw alone where fewer count, and is worth a warning
# if that is so for this share of the examples.
_FEW = 2.0
_WARNED_SHARE = 0.5


def effective_draws(log_weights: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
    """Computes the effective sample size of the importance weights of each example.

    It is (sum_k w_k)^2 / sum_k w_k^2, from 1 if one draw has all the weight to K if all
    draws have the same.

    Args:
      log_weights: `BoundTerms.log_weight` of K draws, float64 [K, n] in nats.

    Returns:
      ({"value": mean over the examples, "se", "n", "direction", "k", "smallest",
      "share_below_2": share of the examples below 2}, with a "warning" if this share is
      half or more; values of the examples, [n]).

    Reference: Kong, "A note on importance sampling using standardized weights", 1992.
    """
    num_draws, n = log_weights.shape
    with np.errstate(invalid="ignore"):
        weights = np.exp(log_weights - np.max(log_weights, axis=0))
        values = np.sum(weights, axis=0) ** 2 / np.sum(np.square(weights), axis=0)
    about = {"n": n, "direction": HIGHER_IS_BETTER, "k": num_draws}
    metric: dict[str, Any] = {"value": None, "se": None, **about}
    num_bad = int(np.sum(~np.isfinite(values)))
    if num_bad:
        metric["reason"] = f"The weights of {num_bad} of {n} examples are not finite."
        return metric, values
    metric["value"], metric["smallest"] = float(values.mean()), float(values.min())
    if n > 1:
        metric["se"] = float(np.std(values, ddof=1) / math.sqrt(n))
    else:
        metric["se_reason"] = "One example has no standard error."
    share = metric["share_below_2"] = float(np.mean(values < _FEW))
    if num_draws >= _MIN_DRAWS and share >= _WARNED_SHARE:
        metric["warning"] = (
            f"For {100.0 * share:.0f} % of the examples the importance-weighted bound"
            f" rests on about the best of {num_draws} draws alone (fewer than 2"
            " effective draws). More draws (--num_importance_draws) would tighten it."
        )
    return metric, values
