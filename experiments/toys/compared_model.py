"""A model that a study compares with others."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class ComparedModel:
    """A model of a study, trained once per seed.

    Attributes:
      name: path-safe name, part of the names of the model's cells.
      label: name of the model in tables and figures.
      function: function of `toys.runs` that computes a cell of the model.
      arguments: arguments of the function, except the data set, the seed, the lengths
        and the pictures.
      noise_scales: candidates of a two-stage model. Short runs with one seed choose
        among several candidates on validation data. Empty if there is no choice.
      published: negative log-likelihood or bound in the paper, nats.
      targets: name of a score -> largest acceptable value, nats.
    """

    name: str
    label: str
    function: Callable[..., dict[str, Any]]
    arguments: dict[str, Any]
    noise_scales: tuple[float, ...] = ()
    published: float | None = None
    targets: Mapping[str, float] = dataclasses.field(default_factory=dict)
