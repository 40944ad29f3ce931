"""Mixtures in one dimension, for the theorems."""

from collections.abc import Sequence

import numpy as np
import tensorflow_probability as tfp

tfd = tfp.distributions


def mixture(
    component: type[tfd.Distribution],
    weights: Sequence[float],
    locations: Sequence[float],
    scales: Sequence[float],
) -> tfd.Distribution:
    """sum_k w_k component(location_k, scale_k), a scalar in float64."""
    return tfd.MixtureSameFamily(
        tfd.Categorical(logits=np.log(weights)),
        component(np.array(locations), np.array(scales)),
    )
