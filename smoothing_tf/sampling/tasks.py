"""The tasks of the sample command: new samples, denoising, inpainting."""

import dataclasses
import shlex
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.data.image_files import read_inpainting, read_smoothed
from smoothing_tf.data.image_view import Images
from smoothing_tf.models.single_step import check_single_step
from smoothing_tf.models.trained import Trained
from smoothing_tf.numerics import unit_to_uint8
from smoothing_tf.sampling.class_pictures import picture_classes
from smoothing_tf.sampling.config import (
    ALL_CLASSES,
    DEFAULT_NUM_SAMPLES,
    DEFAULT_PER_CLASS,
    SamplingConfig,
)
from smoothing_tf.sampling.labels import LABEL, check_takes_class
from smoothing_tf.sampling.restoration import (
    denoise_images,
    describe_few_particles,
    inpaint_images,
)
from smoothing_tf.sampling.sample_pictures import (
    COLUMNS,
    picture_denoised,
    picture_inpainted,
    picture_samples,
)
from smoothing_tf.sampling.samples import draw_samples

# Kind -> examples [n, ...].
Arrays = dict[str, np.ndarray]
# Finds real examples of a class, or of all classes for None.
FindReal = Callable[[int | None], Images | None]


@dataclasses.dataclass(frozen=True)
class Task:
    """Something to draw, and how to show it.

    Attributes:
      needs_both_stages: whether the stages smoothed and reverse must be trained.
      draw: function from the trained models to the arrays to write.
      show: function from the trained models and arrays to a picture uint8
        [height, width, c], or None. It gets the finite arrays, as uint8 where the data
        have levels.
    """

    needs_both_stages: bool
    draw: Callable[[Trained], Arrays]
    show: Callable[[Trained, Arrays], np.ndarray | None]


def make_task(
    config: SamplingConfig,
    data: DataSpec,
    noise_scale: float | None,
    find_real: FindReal,
) -> Task:
    """Makes the task of a configuration; reads the files that it names.

    Args:
      config: what to draw.
      data: the facts about the data of the run.
      noise_scale: standard deviation of the run's noise.
      find_real: function from a class, or None for all, to the real examples to show
        next to new samples, or None if there are none.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: a file is not valid, or does not fit the data.
    """
    if config.images is None:
        return _new_samples(config, data, find_real)
    if config.mask is None:
        return _denoising(config, config.images, data, noise_scale)
    return _inpainting(config, config.images, config.mask, data)


def _new_samples(config: SamplingConfig, data: DataSpec, find_real: FindReal) -> Task:
    def draw(trained: Trained) -> Arrays:
        if config.gradient != "exact":
            if trained.smoothed is None:
                raise ValueError(
                    "`--gradient` has no effect without a trained stage smoothed, which"
                    f" alone makes `single_step`; got {config.gradient!r}. Drop it."
                )
            check_single_step(trained.smoothing, trained.smoothed, config.gradient)
        num_samples = config.num_samples or DEFAULT_NUM_SAMPLES
        label: Any = _choose_label(trained, config)
        if config.class_ == ALL_CLASSES:
            per_class = config.num_samples or DEFAULT_PER_CLASS
            label = np.repeat(np.arange(trained.num_classes or 0), per_class)
            num_samples = len(label)
        return draw_samples(
            trained,
            num_samples,
            seed=config.seed,
            label=label,
            gradient=config.gradient,
            progress=True,
        )

    def show(trained: Trained, arrays: Arrays) -> np.ndarray | None:
        if config.class_ == ALL_CLASSES:
            by_class = picture_classes(trained, arrays, arrays.get(LABEL), data.columns)
            if by_class is not None:
                return by_class
        real = find_real(_find_label(trained, config))
        pictures = picture_samples(real, arrays, data.columns)
        return pictures.get(COLUMNS, pictures.get("points"))

    return Task(False, draw, show)


def _float_dtype(data: DataSpec) -> type:
    """Raw units need the digits of float64 until they are standardized."""
    return np.float32 if data.standardization is None else np.float64


def _find_label(trained: Trained, config: SamplingConfig) -> int | None:
    """Returns the number of the class that was asked for, or None.

    Raises:
      ValueError: there is no such class, or no model is class-conditional.
    """
    if config.class_ is None:
        return None
    num_classes = check_takes_class(config.class_, trained.num_classes, "a run")
    if config.class_ == ALL_CLASSES:
        return None
    return trained.classes.find(config.class_, num_classes)


def _choose_label(trained: Trained, config: SamplingConfig) -> int | None:
    """Finds the class, and says on stderr which it is if there could be two."""
    found = _find_label(trained, config)
    name, names = config.class_, trained.classes.names or ()
    if name is None or name not in names:
        return found
    label = names.index(name)
    if name == ALL_CLASSES:
        print(
            f"--class={name} draws every class; --class={label} is the class of that"
            " name.",
            file=sys.stderr,
        )
    elif name.isdecimal() and int(name) != label and int(name) < len(names):
        print(
            f"--class={name} is the class of that name, number {label}; class number"
            f" {int(name)} is --class={shlex.quote(names[int(name)])}.",
            file=sys.stderr,
        )
    return found


def _denoising(
    config: SamplingConfig, images_path: str, data: DataSpec, noise_scale: float | None
) -> Task:
    x_smoothed = read_smoothed(
        images_path,
        data.event_shape,
        noise_scale,
        has_levels=data.num_levels is not None,
        dtype=_float_dtype(data),
    )

    def draw(trained: Trained) -> Arrays:
        if config.gradient != "exact":
            two_stage = trained.two_stage
            check_single_step(two_stage.smoothing, two_stage.smoothed, config.gradient)
        return denoise_images(
            trained,
            x_smoothed,
            label=_choose_label(trained, config),
            seed=config.seed,
            gradient=config.gradient,
            progress=True,
        )

    return Task(True, draw, lambda _, arrays: picture_denoised(arrays, data.columns))


def _inpainting(
    config: SamplingConfig, images_path: str, mask_path: str, data: DataSpec
) -> Task:
    images, mask = read_inpainting(
        images_path, mask_path, data.event_shape, data.num_levels, _float_dtype(data)
    )
    if np.all(mask):
        print(
            "--mask marks no pixel as missing: returning the images unchanged.",
            file=sys.stderr,
        )
    if not np.any(mask):
        print(
            "--mask marks no pixel as known: the inpaintings are samples of the model.",
            file=sys.stderr,
        )

    def draw(trained: Trained) -> Arrays:
        drawn = inpaint_images(
            trained,
            images,
            mask,
            label=_choose_label(trained, config),
            num_inpaintings=config.num_samples or 1,
            num_particles=config.particles,
            seed=config.seed,
            progress=True,
        )
        warning = describe_few_particles(drawn, config.particles)
        if warning is not None:
            print(warning, file=sys.stderr)
        return drawn

    def show(trained: Trained, arrays: Arrays) -> np.ndarray | None:
        if "samples" not in arrays:
            return None
        given = images
        if data.num_levels is not None:
            given = unit_to_uint8(images, data.num_levels).numpy()
        return picture_inpainted(given, mask, arrays["samples"], data.columns)

    return Task(True, draw, show)
