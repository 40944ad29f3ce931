"""Draws samples of a trained two-stage model, or denoises or inpaints given images.

  python -m smoothing_tf.sample --workdir=DIR --num_samples=64 --output=FILE.npz
  python -m smoothing_tf.sample --workdir=DIR --images=X.npz --denoise --output=FILE.npz
  python -m smoothing_tf.sample --workdir=DIR --images=X.npz --mask=M.npz --output=F.npz

Writes the arrays `smoothed` (x~, float32), `single_step`, `samples` and of a baseline
`baseline` (uint8 images, or float32 vectors), as far as the stages are trained, and
beside them a picture FILE.png. What is not finite everywhere stays float32. Denoising
writes the first three for the given x~, inpainting `smoothed` and `samples`, the
inpaintings of an image one after another.
"""

import dataclasses
import pathlib
import sys
from collections.abc import Callable, Sequence

import numpy as np

from smoothing_tf import artifacts, command_line, config, devices, workdir
from smoothing_tf.config.experiment import Config
from smoothing_tf.data import open_dataset
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.data.image_files import read_inpainting, read_smoothed
from smoothing_tf.evaluation.pictures import write_png
from smoothing_tf.evaluation.restoration import (
    denoise_images,
    inpaint_images,
    picture_denoised,
    picture_inpainted,
)
from smoothing_tf.evaluation.samples import (
    draw_samples,
    non_finite_reasons,
    picture_samples,
    real_uint8,
    samples_uint8,
)
from smoothing_tf.models.two_stage import GRADIENTS, check_single_step
from smoothing_tf.numerics import unit_to_uint8
from smoothing_tf.seeds import MAX_SEED
from smoothing_tf.settings import setting, validate

_NUM_SAMPLES = 64

# Kind -> examples [n, ...].
Arrays = dict[str, np.ndarray]
# Shows the arrays as they are seen, uint8 where the data has levels; those that are not
# finite are left out.
Picture = Callable[[Arrays], np.ndarray | None]


@dataclasses.dataclass(frozen=True)
class SampleOptions:
    """Options of this command."""

    workdir: str = setting(None, "Directory of the run.", is_path=True)
    output: str = setting(
        None, "File FILE.npz to write; the picture is FILE.png.", is_path=True
    )
    num_samples: int | None = setting(
        None,
        "Samples to draw, or with --mask inpaintings of each image; 'auto' is"
        f" {_NUM_SAMPLES}, with --mask 1.",
        minimum=1,
        none_name="auto",
    )
    seed: int = setting(0, "Seed of the samples.", minimum=0, maximum=MAX_SEED)
    images: str | None = setting(
        None,
        "File .npz. With --denoise the x~, in `smoothed`, `images` or its only array:"
        " float32 on [-1, 1], or uint8. With --mask the x, in `images`, `samples` or"
        " its only array: uint8 images of the data's levels, or float32 vectors.",
        none_name="",
        is_path=True,
    )
    denoise: bool = setting(False, "Draw x from p(x|x~) for the given images.")
    mask: str | None = setting(
        None,
        "File .npz with what of the given images is known, to draw the rest: in `mask`"
        " or its only array, 1 where known and 0 where missing, [h, w] or [n, h, w].",
        none_name="",
        is_path=True,
    )
    particles: int = setting(
        1,
        "Draws behind each inpainting, weighted by the known pixels and resampled. One"
        " is an approximation: a missing pixel hardly answers to known ones that come"
        " after it. Many tend to the exact conditional, at so many times the cost.",
        minimum=1,
    )
    gradient: str = setting(
        "exact",
        "Gradient behind `single_step`: exact, or truncated to what leaves out the"
        " effect of a pixel on later ones, as the paper's authors did.",
        choices=GRADIENTS,
    )

    def __post_init__(self):
        validate(self)
        if (self.images is not None) != (self.denoise or self.mask is not None):
            raise ValueError(
                "`--images` must be given together with `--denoise` or `--mask`; got"
                f" images {self.images!r}, denoise {self.denoise} and mask"
                f" {self.mask!r}."
            )
        if self.denoise and self.mask is not None:
            raise ValueError(
                "One of `--denoise` and `--mask` must be given with `--images`; got"
                " both."
            )
        if self.denoise and self.num_samples is not None:
            raise ValueError(
                "`--num_samples` must not be given with `--denoise`, which draws one x"
                f" for each given x~; got {self.num_samples}."
            )
        if self.particles > 1 and self.mask is None:
            raise ValueError(
                f"`--particles` must be 1 without `--mask`; got {self.particles}."
            )
        if self.gradient != "exact" and self.mask is not None:
            raise ValueError(
                "`--gradient` must not be given with `--mask`: inpainting writes no"
                f" `single_step`; got {self.gradient!r}."
            )
        if pathlib.Path(self.output).suffix != ".npz":
            raise ValueError(f"`--output` must end in .npz; got {self.output!r}.")


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    (options,) = config.parse_options(argv, SampleOptions, usage=__doc__)
    output = pathlib.Path(options.output)
    artifacts.check_directory(output.parent)
    for path in (output, output.with_suffix(".png")):
        if path.is_dir():
            raise IsADirectoryError(
                f"`--output` must name a file; got the directory {path}."
            )
    experiment = workdir.load_config(options.workdir)
    data = workdir.load_data_spec(options.workdir, experiment)
    artifacts.make_directory(output.parent)
    task = sampled
    if options.images is not None:
        task = denoised if options.denoise else inpainted
    arrays, picture = task(options, experiment, data)
    write_samples(output, arrays, picture, data.num_levels)


def sampled(
    options: SampleOptions, experiment: Config, data: DataSpec
) -> tuple[Arrays, Picture]:
    """Samples of what is trained."""
    trained = workdir.load_trained(experiment, data, options.workdir)
    if trained.two_stage is None and trained.smoothed is None and not trained.baseline:
        # A reverse stage alone draws nothing: the error says what is missing.
        workdir.require_two_stage(experiment, data, options.workdir)
    for message in trained.missing:
        print(message, file=sys.stderr)
    smoothed = trained.smoothed
    if trained.two_stage is not None:
        smoothed = trained.two_stage.smoothed
    if options.gradient != "exact":
        if smoothed is None:
            raise ValueError(
                "`--gradient` must not be given without a smoothed stage, which alone"
                f" makes `single_step`; got {options.gradient!r}."
            )
        check_single_step(trained.smoothing, smoothed, options.gradient)
    devices.announce(experiment.compute_dtypes(workdir.stages_present(options.workdir)))
    arrays = draw_samples(
        trained.two_stage,
        trained.baseline,
        options.num_samples or _NUM_SAMPLES,
        smoothing=trained.smoothing,
        smoothed=trained.smoothed,
        seed=options.seed,
        progress=True,
        gradient=options.gradient,
    )

    def picture(shown):
        pictures = picture_samples(_real(experiment, data), shown)
        return pictures.get("columns", pictures.get("points"))

    return arrays, picture


def _real(experiment: Config, data: DataSpec) -> np.ndarray | None:
    """Real examples as they are seen, or None where the data are gone."""
    splits = (experiment.evaluation.split, "validation", "train")
    try:
        dataset = open_dataset(experiment.data)
        where = experiment.data.data_dir or dataset.name
        data.check_same_kind(DataSpec.of(dataset), where)
        present = [split for split in splits if dataset.num_examples.get(split)]
        if not present:
            missing = ", ".join(dict.fromkeys(splits))
            raise ValueError(f"{where} has no split {missing}.")
        split = present[0]
        if data.num_levels is not None:
            return real_uint8(dataset, split)
        return dataset.array(split)
    except (OSError, ValueError) as error:
        print(f"The picture shows no real examples: {error}", file=sys.stderr)
        return None


def denoised(
    options: SampleOptions, experiment: Config, data: DataSpec
) -> tuple[Arrays, Picture]:
    """What is made of given x~."""
    x_smoothed = read_smoothed(
        options.images,
        data.event_shape,
        experiment.smoothing.noise_scale,
        has_levels=data.num_levels is not None,
    )
    two_stage = workdir.require_two_stage(experiment, data, options.workdir)
    if options.gradient != "exact":
        check_single_step(two_stage.smoothing, two_stage.smoothed, options.gradient)
    devices.announce(experiment.compute_dtypes(("smoothed", "reverse")))
    arrays = denoise_images(
        two_stage,
        x_smoothed,
        seed=options.seed,
        progress=True,
        gradient=options.gradient,
    )
    return arrays, picture_denoised


def inpainted(
    options: SampleOptions, experiment: Config, data: DataSpec
) -> tuple[Arrays, Picture]:
    """Given images with what is missing drawn."""
    images, mask = read_inpainting(
        options.images, options.mask, data.event_shape, data.num_levels
    )
    if np.all(mask):
        print(
            "Nothing is missing by --mask: the images come back as they are.",
            file=sys.stderr,
        )
    if not np.any(mask):
        print(
            "Nothing is known by --mask: the inpaintings are samples of the model.",
            file=sys.stderr,
        )
    two_stage = workdir.require_two_stage(experiment, data, options.workdir)
    devices.announce(experiment.compute_dtypes(("smoothed", "reverse")))
    arrays = inpaint_images(
        two_stage,
        images,
        mask,
        num_inpaintings=options.num_samples or 1,
        num_particles=options.particles,
        seed=options.seed,
        progress=True,
    )

    def picture(shown):
        if "samples" not in shown:
            return None
        given = images
        if data.num_levels is not None:
            given = unit_to_uint8(images, data.num_levels).numpy()
        return picture_inpainted(given, mask, shown["samples"])

    return arrays, picture


def write_samples(
    output: pathlib.Path, arrays: Arrays, picture: Picture, num_levels: int | None
) -> None:
    """Writes the arrays, and a picture of those that are finite."""
    reasons = non_finite_reasons(arrays)
    shown = {kind: arrays[kind] for kind in arrays if kind not in reasons}
    if num_levels is not None:
        shown = samples_uint8(shown, num_levels)
        # x~ is continuous: it is stored as it was drawn, as is what is not shown.
        arrays = arrays | {k: v for k, v in shown.items() if k != "smoothed"}
    with artifacts.atomic_file(output) as path:
        np.savez_compressed(path, **arrays)
    print(f"Wrote {', '.join(arrays)} to {output}.")
    for kind, reason in reasons.items():
        print(f"{kind!r} is stored as drawn and not shown. {reason}", file=sys.stderr)
    png = output.with_suffix(".png")
    png.unlink(missing_ok=True)  # Of other samples.
    drawn = picture(shown) if shown else None
    if drawn is not None:
        write_png(png, drawn)
        print(f"Wrote the picture {png}.")


if __name__ == "__main__":
    command_line.run(main)
