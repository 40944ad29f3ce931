"""Settings of the samples that the sample command draws."""

import dataclasses

from smoothing_tf.limits import MAX_SEED
from smoothing_tf.models.gradients import GRADIENTS
from smoothing_tf.settings import setting, validate

DEFAULT_NUM_SAMPLES = 64
# Of each class, with --class=all.
DEFAULT_PER_CLASS = 8
ALL_CLASSES = "all"


@dataclasses.dataclass(frozen=True)
class SamplingConfig:
    """Settings of drawing: new samples, or given images to denoise or inpaint."""

    num_samples: int | None = setting(
        None,
        "Number of samples, or with --mask of inpaintings of each image; 'auto' is"
        f" {DEFAULT_NUM_SAMPLES}, with --class=all {DEFAULT_PER_CLASS} and with --mask"
        " 1.",
        minimum=1,
        none_name="auto",
    )
    class_: str | None = setting(
        None,
        "Class to draw with a class-conditional model, by its name or else its number"
        " from 0; `all` draws --num_samples new samples of each class, so a class of"
        " that name needs its number. Without it, the classes of new samples are drawn"
        " from their frequencies in the training data, those of --denoise from p(y|x~),"
        " and those of --mask by several --particles from the known pixels.",
        none_name="",
    )
    seed: int = setting(0, "Seed of the samples.", minimum=0, maximum=MAX_SEED)
    images: str | None = setting(
        None,
        "File .npz of given images. With --denoise the x~, in `smoothed`, `images` or"
        " its only array: float32 on [-1, 1], or uint8. With --mask the x, in `images`,"
        " `samples` or its only array: uint8 images of the data's levels, or float32"
        " vectors.",
        none_name="",
        is_path=True,
    )
    denoise: bool = setting(False, "Draw x from p(x|x~) for the given images.")
    mask: str | None = setting(
        None,
        "File .npz that marks the known pixels of the given images, to draw the missing"
        " ones: in `mask` or its only array, 1 where known and 0 where missing, [h, w]"
        " or [n, h, w].",
        none_name="",
        is_path=True,
    )
    particles: int = setting(
        1,
        "Draws behind each inpainting, weighted by the known pixels and resampled. One"
        " is an approximation: a missing pixel hardly depends on known ones that come"
        " after it. Many approach the exact conditional, at proportional cost.",
        minimum=1,
    )
    gradient: str = setting(
        "exact",
        "Gradient behind `single_step`: exact, or truncated, which ignores a pixel's"
        " effect on later ones, as in the paper's published code.",
        choices=GRADIENTS,
    )

    def __post_init__(self):
        validate(self)
        if (self.images is not None) != (self.denoise or self.mask is not None):
            given = ("denoise", "mask") if self.images is None else ("images",)
            only = " and ".join(f"`--{name}`" for name in given if getattr(self, name))
            raise ValueError(
                "`--images` must be given together with `--denoise` or `--mask`; got"
                f" only {only}."
            )
        if self.denoise and self.mask is not None:
            raise ValueError(
                "Give exactly one of `--denoise` and `--mask` with `--images`; got"
                " both."
            )
        if self.denoise and self.num_samples is not None:
            raise ValueError(
                "`--num_samples` has no effect with `--denoise`, which draws one x for"
                f" each given x~; got {self.num_samples}. Drop it."
            )
        if self.class_ == ALL_CLASSES and self.images is not None:
            raise ValueError(
                "`--class` must name one class with `--images`; got 'all'. Give a name"
                " or a number."
            )
        if self.particles > 1 and self.mask is None:
            raise ValueError(
                f"`--particles` must be 1 without `--mask`; got {self.particles}."
            )
        if self.gradient != "exact" and self.mask is not None:
            raise ValueError(
                "`--gradient` has no effect with `--mask`, since inpainting writes no"
                f" `single_step`; got {self.gradient!r}. Drop it."
            )
