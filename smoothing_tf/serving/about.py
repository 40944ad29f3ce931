"""Facts about a model that its files do not hold."""

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class About:
    """Where a model comes from, for its card.

    Attributes:
      data: name of the data set; None if it is not known.
      data_license: license of the data; None if it is not known.
      likelihoods: the likelihoods of an evaluation, a line each; none without one.
      metrics: the likelihoods as in metrics.json, a metric for each name.
      made_from: digest of all that the pipeline made the model from; empty for a model
        that was exported by itself.
    """

    data: str | None = None
    data_license: str | None = None
    likelihoods: tuple[str, ...] = ()
    metrics: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    made_from: str = ""
