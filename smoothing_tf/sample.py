"""Draws samples of a trained two-stage model, or denoises given images.

  python -m smoothing_tf.sample --workdir=DIR --num_samples=64 --output=FILE.npz
  python -m smoothing_tf.sample --workdir=DIR --images=X.npz --denoise --output=FILE.npz

Writes the arrays `smoothed` (x~, float32), `single_step`, `samples` and of a baseline
`baseline` (uint8 images, or float32 vectors), as far as the stages are trained, and
beside them a picture FILE.png.
"""

import dataclasses
import pathlib
import sys
from collections.abc import Sequence

import numpy as np

from smoothing_tf import artifacts, command_line, config, workdir
from smoothing_tf.data import open_dataset
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.evaluation.pictures import write_png
from smoothing_tf.evaluation.samples import (
    denoise_images,
    draw_samples,
    picture_samples,
    real_uint8,
    samples_uint8,
)
from smoothing_tf.models.two_stage import GRADIENTS
from smoothing_tf.numerics import levels_to_unit
from smoothing_tf.seeds import MAX_SEED
from smoothing_tf.settings import setting, validate

# No noise takes a pixel of [-1, 1] so far; it must be on another scale.
_LARGEST = 20.0


@dataclasses.dataclass(frozen=True)
class SampleOptions:
    """Options of this command."""

    workdir: str = setting(None, "Directory of the run.")
    output: str = setting(None, "File FILE.npz to write; the picture is FILE.png.")
    num_samples: int = setting(64, "Samples to draw.", minimum=1)
    seed: int = setting(0, "Seed of the samples.", minimum=0, maximum=MAX_SEED)
    images: str | None = setting(
        None,
        "File .npz with the x~ to denoise, in `smoothed`, `images` or its only array:"
        " float32 on [-1, 1], or uint8; needs --denoise.",
        none_name="",
    )
    denoise: bool = setting(False, "Draw x from p(x|x~) for the given images.")
    gradient: str = setting(
        "exact",
        "Gradient of single-step denoising: exact, through the network, or truncated,"
        " which takes the network's output for constant.",
        choices=GRADIENTS,
    )

    def __post_init__(self):
        validate(self)
        if self.denoise != (self.images is not None):
            raise ValueError(
                "`--images` must be given together with `--denoise`; got"
                f" images {self.images!r} and denoise {self.denoise}."
            )
        if pathlib.Path(self.output).suffix != ".npz":
            raise ValueError(f"`--output` must end in .npz; got {self.output!r}.")


def main(argv: Sequence[str]) -> None:
    """Runs the command on `argv`, without the program's name."""
    (options,) = config.parse_options(argv, SampleOptions, usage=__doc__)
    output = pathlib.Path(options.output)
    artifacts.check_directory(output.parent)
    experiment = workdir.load_config(options.workdir)
    dataset = open_dataset(experiment.data)
    artifacts.make_directory(output.parent)
    if options.images is not None:
        x_smoothed = read_images(options.images, dataset.event_shape)
        two_stage = workdir.require_two_stage(experiment, dataset, options.workdir)
        arrays = denoise_images(
            two_stage,
            x_smoothed,
            gradient=options.gradient,
            seed=options.seed,
            progress=True,
        )
    else:
        trained = workdir.load_trained(experiment, dataset, options.workdir)
        for message in trained.missing:
            print(message, file=sys.stderr)
        arrays = draw_samples(
            trained.two_stage,
            trained.baseline,
            options.num_samples,
            smoothing=trained.smoothing,
            smoothed=trained.smoothed,
            gradient=options.gradient,
            seed=options.seed,
            progress=True,
        )
    write_samples(output, arrays, dataset, experiment.evaluation.split)


def read_images(path: artifacts.Path, event_shape: tuple[int, ...]) -> np.ndarray:
    """Reads the x~ to denoise.

    Args:
      path: .npz file with `smoothed`, `images` or a single array, [n, ...event]:
        floating on [-1, 1], or uint8 images, which are scaled to it.
      event_shape: what the model expects.

    Returns:
      float32 [n, ...event_shape].

    Raises:
      FileNotFoundError: no such file.
      ValueError: it is no .npz file, or not of the right shape and dtype.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"No file {path}; --images names a .npz file.")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except Exception as error:
        # numpy has many ways to fail on a file that is something else.
        raise ValueError(
            f"`--images` must be a readable .npz file of numbers; got {path}."
        ) from error
    names = [n for n in ("smoothed", "images") if n in arrays] or list(arrays)
    if not names or (len(arrays) > 1 and names[0] not in ("smoothed", "images")):
        raise ValueError(
            "`--images` must hold an array `smoothed` or `images`, or a single one; got"
            f" {', '.join(arrays) or 'none'}."
        )
    images = arrays[names[0]]
    if images.shape[1:] != event_shape or not len(images):
        raise ValueError(
            "`--images` must hold at least one image, [n,"
            f" {', '.join(map(str, event_shape))}]; got {list(images.shape)}."
        )
    if images.dtype == np.uint8:
        return levels_to_unit(images, 256).numpy()
    if not np.issubdtype(images.dtype, np.floating) or not np.all(np.isfinite(images)):
        raise ValueError(
            f"`--images` must be uint8 or finite floating point; got {images.dtype}"
            f"{' with NaN or infinity' if images.dtype.kind == 'f' else ''}."
        )
    if np.max(np.abs(images)) > _LARGEST and len(event_shape) == 3:
        raise ValueError(
            "`--images` of floating point must be on [-1, 1] plus noise; got values up"
            f" to {np.max(np.abs(images)):g}. Give 0 to 255 as uint8."
        )
    return images.astype(np.float32)


def write_samples(
    output: pathlib.Path, arrays: dict[str, np.ndarray], dataset: Dataset, split: str
) -> None:
    """Writes the arrays, and a picture of them beside real data."""
    shown, real = arrays, None
    if dataset.num_levels is not None:
        shown = samples_uint8(arrays, dataset.num_levels)
        # x~ is continuous: it is stored as it was drawn.
        arrays = {k: arrays[k] if k == "smoothed" else v for k, v in shown.items()}
        real = real_uint8(dataset, split)
    else:
        real = dataset.array(split)
    with artifacts.atomic_file(output) as path:
        np.savez_compressed(path, **arrays)
    print(f"Wrote {', '.join(arrays)} to {output}.")
    pictures = picture_samples(real, shown)
    picture = pictures.get("columns", pictures.get("points"))
    if picture is not None:
        write_png(output.with_suffix(".png"), picture)
        print(f"Wrote the picture {output.with_suffix('.png')}.")


if __name__ == "__main__":
    command_line.run(main)
