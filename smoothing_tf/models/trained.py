"""The trained models of a run, as one object."""

import dataclasses
import functools
from collections.abc import Mapping

from smoothing_tf.models.classes import Classes
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.smoothing import Smoothing
from smoothing_tf.stage import TWO_STAGES, Stage
from smoothing_tf.standardization import Standardization


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trained:
    """The trained models of a run; a stage that was not trained is None.

    Attributes:
      smoothing: q(x~ | x), the noise that the stages were trained with.
      num_levels: number of levels of the data; None for continuous data.
      classes: names and frequencies of the classes, for class-conditional models.
      smoothed: p(x~).
      reverse: p(x | x~).
      baseline: p(x), the same kind of model trained on clean data.
      standardization: the scale that the models compute on, if it is not that of the
        data: what is drawn is converted back to raw units.
      steps: stage -> number of steps that it was trained for, of the stages that were
        loaded from checkpoints.
    """

    smoothing: Smoothing
    num_levels: int | None
    classes: Classes = Classes()
    smoothed: DensityModel | None = None
    reverse: DensityModel | None = None
    baseline: DensityModel | None = None
    standardization: Standardization | None = None
    steps: Mapping[str, int] = dataclasses.field(default_factory=dict, hash=False)

    @property
    def models(self) -> dict[Stage, DensityModel]:
        """Stage -> model, of the stages that are trained."""
        models = {stage: getattr(self, stage) for stage in Stage}
        return {stage: model for stage, model in models.items() if model is not None}

    def to_model_scale(self, x):
        """Converts given examples, an array, to the scale that the models compute on.

        Args:
          x: floating [n, ...event_shape]: images on [-1, 1], or vectors in the unit of
            the data.
        """
        return (
            x if self.standardization is None else self.standardization.standardize(x)
        )

    def to_data_scale(self, drawn):
        """Inverts `to_model_scale` for name -> examples.

        Returns:
          The same examples, or float64 in raw units for standardized data.
        """
        if self.standardization is None:
            return drawn
        restore = self.standardization.restore
        return {name: restore(examples) for name, examples in drawn.items()}

    @property
    def num_classes(self) -> int | None:
        """Number of classes that a model is conditional on; None without labels."""
        counts = (model.num_classes for model in self.models.values())
        return next((count for count in counts if count is not None), None)

    @property
    def has_two_stage(self) -> bool:
        """Whether both stages of the two-stage model are trained."""
        return self.smoothed is not None and self.reverse is not None

    @functools.cached_property
    def two_stage(self) -> TwoStageModel:
        """The two-stage model of the stages smoothed and reverse.

        Raises:
          ValueError: one of them is not trained.
        """
        if self.smoothed is None or self.reverse is None:
            missing = [stage for stage in TWO_STAGES if stage not in self.models]
            which = f"stage {missing[0]} is"
            if len(missing) > 1:
                which = f"stages {' and '.join(missing)} are"
            raise ValueError(
                f"There is no two-stage model: {which} not trained. Train the stages"
                " smoothed and reverse."
            )
        return TwoStageModel(self.smoothing, self.smoothed, self.reverse)


def check_trained(trained: Trained) -> None:
    """Checks, before any work is done, that trained models are given.

    Raises:
      TypeError: `trained` is something else.
    """
    if not isinstance(trained, Trained):
        raise TypeError(
            "`trained` must be the trained models of a run, as `smoothing_tf.load` and"
            f" `fit` return them; got {type(trained).__name__}."
        )
