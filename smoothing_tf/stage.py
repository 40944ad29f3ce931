"""The stages of training, by the names of flags and directories."""

import enum
from collections.abc import Sequence


class Stage(enum.StrEnum):
    """The part that a model is trained for.

    A member equals its name: `Stage.REVERSE == "reverse"`.
    """

    SMOOTHED = "smoothed"  # p(x~), the density of smoothed data.
    REVERSE = "reverse"  # p(x | x~), which undoes the smoothing.
    BASELINE = "baseline"  # p(x), the same kind of model on clean data.

    def __repr__(self) -> str:
        return repr(self.value)


# The stages of a two-stage model, which are trained by default.
TWO_STAGES = (Stage.SMOOTHED, Stage.REVERSE)


def check_stages(stages: Sequence[str]) -> None:
    """Checks the names of stages to train.

    Raises:
      TypeError: `stages` is a single name.
      ValueError: there is none, a name twice, or a name of no stage.
    """
    if isinstance(stages, str):
        raise TypeError(f"`stages` must be a sequence of names; got {stages!r}.")
    for stage in stages:
        if stage not in set(Stage):
            raise ValueError(
                f"`stages` must be one of {', '.join(sorted(Stage))}; got {stage!r}."
            )
    if not stages or len(set(stages)) < len(stages):
        raise ValueError(
            "`stages` must name one stage or more, each once; got"
            f" {', '.join(stages) or 'none'}."
        )
