"""Facts about a model that its files do not hold."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class About:
    """Where a model comes from, for its card.

    Attributes:
      data: name of the data set; None if it is not known.
      data_license: license of the data; None if it is not known.
      likelihoods: the likelihoods of an evaluation, a line each; none without one.
    """

    data: str | None = None
    data_license: str | None = None
    likelihoods: tuple[str, ...] = ()
