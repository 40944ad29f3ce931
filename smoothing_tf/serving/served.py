"""The signatures that trained models have, and how clients use them."""

import dataclasses

from smoothing_tf.limits import MAX_LEVELS
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.trained import Trained, check_trained
from smoothing_tf.models.two_stage import TwoStageModel
from smoothing_tf.serving.data_unit import DataUnit
from smoothing_tf.serving.examples import forms_of
from smoothing_tf.serving.labels import ServedLabels


@dataclasses.dataclass(frozen=True)
class Served:
    """The part of trained models that an export contains.

    Attributes:
      trained: the trained models.
      two_stage: the two-stage model; None for a baseline by itself.
      baseline: the baseline, or None.
      can_inpaint: whether there is a signature `inpaint`.
      unit: unit of the data.
    """

    trained: Trained
    two_stage: TwoStageModel | None
    baseline: DensityModel | None
    can_inpaint: bool
    unit: DataUnit

    @classmethod
    def of(cls, trained: Trained, *, inpainting: bool = False) -> "Served":
        """Chooses what is exported: everything that is trained.

        Args:
          trained: the trained models, with both stages, a baseline or all three.
          inpainting: whether to export inpainting.

        Raises:
          TypeError: `trained` is something else.
          ValueError: one stage of two is missing, levels do not fit into uint8, a
            network does not compute in float32, or the models cannot inpaint.
        """
        check_trained(trained)
        is_alone = set(trained.models) == {"baseline"}
        two_stage = None if is_alone else trained.two_stage
        num_levels = trained.num_levels
        if num_levels is not None and not 2 <= num_levels <= MAX_LEVELS:
            raise ValueError(
                f"`num_levels` must be from 2 to {MAX_LEVELS}; got {num_levels}."
            )
        for model in trained.models.values():
            if model.compute_dtype != "float32":
                raise ValueError(
                    "The networks must compute in float32 to be exported; got"
                    f" {model.compute_dtype}. Load the weights into models that compute"
                    " in float32."
                )
        if inpainting:
            _check_can_inpaint(two_stage)
        unit = DataUnit.of(trained)
        return cls(trained, two_stage, trained.baseline, inpainting, unit)

    @property
    def labels(self) -> ServedLabels:
        """The labels of the two-stage model, or of a baseline by itself."""
        model = self.two_stage or self.baseline
        assert model is not None
        return ServedLabels(self.trained, model.num_classes)

    @property
    def baseline_labels(self) -> ServedLabels:
        """The labels of the baseline."""
        assert self.baseline is not None
        return ServedLabels(self.trained, self.baseline.num_classes)

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one example."""
        model = self.two_stage or self.baseline
        assert model is not None
        return model.event_shape

    @property
    def mask_shape(self) -> tuple[int, ...]:
        """Shape of the mask of one example: a pixel has all its channels."""
        is_image = len(self.event_shape) == 3
        return self.event_shape[:2] if is_image else self.event_shape

    @property
    def has_single_step(self) -> bool:
        """Whether single steps are exported."""
        return self.two_stage is not None and self.two_stage.has_single_step

    def names(self) -> set[str]:
        """Returns the names of all signatures."""
        names = {"serving_default", "sample", "sample_rows"}
        suffixes = [form.suffix for form in forms_of(self.unit)]
        if self.two_stage is not None:
            names |= {"denoise"}
            for suffix in suffixes:
                names |= {f"bound{suffix}", f"bound_iw{suffix}"}
        if self.has_single_step:
            names.add("single_step_denoise")
        if self.can_inpaint:
            names.add("inpaint")
        if self.baseline is not None:
            names |= {f"log_prob{suffix}" for suffix in suffixes}
        return names


def _check_can_inpaint(two_stage: TwoStageModel | None) -> None:
    """Raises a ValueError unless the models can inpaint."""
    if two_stage is None:
        raise ValueError(
            "Inpainting needs the stages smoothed and reverse; got a baseline by"
            " itself. Export both stages too, or drop --inpainting."
        )
    for model in (two_stage.smoothed, two_stage.reverse):
        if not model.is_autoregressive:
            raise ValueError(
                "Inpainting needs autoregressive models in both stages; got"
                f" {type(model).__name__}. Drop --inpainting."
            )
