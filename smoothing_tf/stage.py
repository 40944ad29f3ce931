"""The stages of training, by the names of flags and directories."""

import enum


class Stage(enum.StrEnum):
    """The part that a model is trained for.

    A member equals its name: `Stage.REVERSE == "reverse"`.
    """

    SMOOTHED = "smoothed"  # p(x~), the density of smoothed data.
    REVERSE = "reverse"  # p(x | x~), which undoes the smoothing.
    BASELINE = "baseline"  # p(x), the same kind of model on clean data.

    def __repr__(self) -> str:
        return repr(self.value)
