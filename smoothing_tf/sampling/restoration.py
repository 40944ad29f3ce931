"""Denoising and inpainting of given images."""

from typing import Any

import numpy as np
import tensorflow as tf

from smoothing_tf.models.classes import as_labels
from smoothing_tf.models.inpainting_arguments import check_stages, prepare_images
from smoothing_tf.models.trained import Trained, check_trained
from smoothing_tf.parts import Parts
from smoothing_tf.sampling import batches
from smoothing_tf.sampling.arguments import as_float32, check_finite, check_shape
from smoothing_tf.sampling.labels import LABEL, infer_labels
from smoothing_tf.sampling.samples import single_steps
from smoothing_tf.seeds import derive_seed, example_seeds
from smoothing_tf.settings import check_count

EFFECTIVE_PARTICLES = "effective_particles"
_FEW_PARTICLES = 4.0
# With fewer particles, a small effective number is no news.
_MIN_PARTICLES = 8


def denoise_images(
    trained: Trained,
    x_smoothed: np.ndarray,
    *,
    num_draws: int = 1,
    seed: int,
    progress: bool = False,
    gradient: str = "exact",
    label: Any = None,
) -> dict[str, np.ndarray]:
    """Draws x ~ p(x | x~) for given x~.

    Args:
      trained: the trained models, with both stages.
      x_smoothed: floating [n, ...event_shape], n at least 1; converted to float32.
      num_draws: K, the number of draws for each x~.
      seed: the run's seed. A draw depends on the index of its x~ and on its own
        number among the K draws, and on nothing else that is drawn.
      progress: whether to show a progress bar.
      gradient: gradient behind "single_step"; see `single_step_denoise`.
      label: for class-conditional models, the class of all x~, an integer, or of each,
        integers [n]. None draws the class of each draw from p(y | x~), which is
        proportional to pi_y p(x~ | y) with the training frequencies pi, so that x is
        a draw from the marginal p(x | x~).

    Returns:
      float32: "smoothed", the given x~, and, for Gaussian smoothing, "single_step",
      [n, ...event_shape]; "samples" [n K, ...event_shape], the draws of each x~
      next to each other. For class-conditional models also "label", the class of each
      draw, int32 [n K]; "single_step" is for the class of the first draw. For models
      of standardized data x~ is given, and everything returned as float64, in raw
      units.

    Raises:
      TypeError: `trained` is something else.
      ValueError: a stage is not trained, x~ does not fit the models or is not finite,
        `num_draws` is below 1, the gradient is not defined, or a label does not fit.
    """
    check_trained(trained)
    check_count("num_draws", num_draws)
    two_stage = trained.two_stage
    x_smoothed = np.asarray(x_smoothed)
    check_shape("x_smoothed", x_smoothed, two_stage.event_shape)
    x_smoothed = as_float32("x_smoothed", trained.to_model_scale(x_smoothed))
    check_finite("x_smoothed", x_smoothed)

    repeated = np.repeat(x_smoothed, num_draws, axis=0)
    labels = _labels_of_draws(two_stage.num_classes, label, len(x_smoothed), num_draws)
    if labels is None and two_stage.num_classes is not None:
        seeds = _seeds_of_draws(seed, "label", len(x_smoothed), num_draws)
        labels = infer_labels(trained, repeated, seeds, progress=progress)
    given = () if labels is None else (labels,)

    def draw(x_smoothed, seeds, *labels):
        label = labels[0] if labels else None
        return {"samples": two_stage.denoise(x_smoothed, seed=seeds, label=label)}

    estimates = single_steps(
        trained,
        x_smoothed,
        gradient,
        progress=progress,
        label=None if labels is None else labels[::num_draws],
    )
    drawn = batches.in_batches(
        draw,
        repeated,
        _seeds_of_draws(seed, "denoise", len(x_smoothed), num_draws),
        *given,
        progress=progress,
    )
    drawn = trained.to_data_scale({"smoothed": x_smoothed, **estimates, **drawn})
    return drawn if labels is None else drawn | {LABEL: labels}


def inpaint_images(
    trained: Trained,
    images: np.ndarray,
    mask: np.ndarray,
    *,
    num_inpaintings: int = 1,
    num_particles: int = 1,
    seed: int,
    progress: bool = False,
    label: Any = None,
    parts: Parts | None = None,
) -> dict[str, np.ndarray]:
    """Draws the missing values of given images.

    Args:
      trained: the trained models, with both stages.
      images: floating [n, ...event_shape], n at least 1; converted to float32. Missing
        values may be any number.
      mask: bool, True where a pixel is known; see `TwoStageModel.inpaint`.
      num_inpaintings: K, the number of inpaintings of each image.
      num_particles: N; see `TwoStageModel.inpaint`.
      seed: the run's seed. An inpainting depends on the index of its image and on
        its own number among the K inpaintings, and on nothing else that is drawn.
      progress: whether to show a progress bar.
      label: for class-conditional models, the class of all images, an integer, or of
        each, integers [n]. None infers the class of each inpainting from the known
        values, for which it needs several particles; see
        `TwoStageModel.inpaint_any_class`.
      parts: stores the inpaintings as they are drawn; None stores nothing.

    Returns:
      "smoothed" and "samples", float32 [n K, ...event_shape], the inpaintings of each
      image next to each other; for class-conditional models also "label", int32 [n K].
      With several particles also "effective_particles", float32 [n K]: the smallest
      effective number of particles of each inpainting.
      For models of standardized data vectors are given in raw units and returned in
      them, as float64.

    Raises:
      TypeError: `trained` is something else, or `mask` no array of numbers.
      ValueError: a stage is not trained or not autoregressive, an argument does not
        fit, or one particle alone is to infer the class.
    """
    check_trained(trained)
    check_count("num_inpaintings", num_inpaintings)
    two_stage = trained.two_stage
    check_stages(two_stage.smoothed, two_stage.reverse)
    images, mask = np.asarray(images), np.asarray(mask)
    check_shape("images", images, two_stage.event_shape)
    if mask.dtype.kind not in "biuf":
        raise TypeError(
            "`mask` must be an array of True (known) and False (missing); got"
            f" {mask.dtype}."
        )
    given = np.repeat(images, num_inpaintings, axis=0)
    images = as_float32("images", trained.to_model_scale(images))
    # Once for all images: batches are drawn in a graph, whose errors name no argument.
    prepare_images(
        tf.constant(images), tf.constant(mask), num_particles, two_stage.event_shape
    )
    seeds = _seeds_of_draws(seed, "inpainting", len(images), num_inpaintings)
    position_rank = 2 if images.ndim == 4 else images.ndim - 1
    if mask.ndim == position_rank:
        mask = np.repeat(mask[None], len(images), axis=0)

    labels = _labels_of_draws(
        two_stage.num_classes, label, len(images), num_inpaintings
    )
    log_frequencies = None
    if labels is None and two_stage.num_classes is not None:
        if num_particles == 1:
            raise ValueError(
                "One particle cannot infer the class from the known values: give"
                " `label` (--class), or more of `num_particles` (--particles)."
            )
        frequencies = trained.classes.log_frequencies(two_stage.num_classes)
        log_frequencies = tf.constant(frequencies, tf.float32)
    own = () if labels is None else (labels,)

    def draw(images, mask, seeds, *labels):
        found = two_stage.inpaint_particles(
            images,
            mask,
            seed=seeds,
            num_particles=num_particles,
            label=labels[0] if labels else None,
            log_frequencies=log_frequencies,
        )
        drawn = {"smoothed": found.x_smoothed, "samples": found.x}
        if log_frequencies is not None:
            drawn[LABEL] = found.label
        if num_particles > 1:
            drawn[EFFECTIVE_PARTICLES] = found.effective_particles
        return drawn

    drawn = batches.in_batches(
        draw,
        np.repeat(images, num_inpaintings, axis=0),
        np.repeat(mask, num_inpaintings, axis=0),
        seeds,
        *own,
        progress=progress,
        # All particles of a batch are drawn at once, so fewer images fit.
        batch_size=max(1, batches.BATCH_SIZE // num_particles),
        parts=parts,
    )
    labels = drawn.pop(LABEL, labels)
    effective = drawn.pop(EFFECTIVE_PARTICLES, None)
    if trained.standardization is not None:
        drawn = trained.to_data_scale(drawn)
        # Known values come back as they were, without the rounding of the way there.
        known = np.repeat(mask, num_inpaintings, axis=0).astype(bool)
        drawn["samples"] = np.where(known, given, drawn["samples"])
    if effective is not None:
        drawn[EFFECTIVE_PARTICLES] = effective
    return drawn if labels is None else drawn | {LABEL: labels}


def describe_few_particles(
    drawn: dict[str, np.ndarray], num_particles: int
) -> str | None:
    """Says how many inpaintings rest on few particles; None if all rest on enough.

    Args:
      drawn: result of `inpaint_images`.
      num_particles: number of particles N that it was given.
    """
    effective = drawn.get(EFFECTIVE_PARTICLES)
    if effective is None or num_particles < _MIN_PARTICLES:
        return None
    few = int(np.sum(effective < _FEW_PARTICLES))
    if not few:
        return None
    return (
        f"{few} of {len(effective)} inpaintings rest on fewer than {_FEW_PARTICLES:.0f}"
        f" effective particles of {num_particles}, at the least on"
        f" {effective.min():.1f}: they may be far from the model's conditional"
        " distribution. Use more --particles."
    )


def _labels_of_draws(
    num_classes: int | None, label: Any, num_examples: int, num_draws: int
) -> np.ndarray | None:
    """Checks given labels, and repeats that of each example: int32 [n K] or None."""
    if label is None:
        return None
    if num_classes is None:
        raise ValueError(
            "`label` must be None for models that are not class-conditional; drop it."
        )
    return np.repeat(as_labels(label, num_examples, num_classes), num_draws)


def _seeds_of_draws(
    seed: int, purpose: str, num_examples: int, num_draws: int
) -> np.ndarray:
    """Returns int32 [num_examples * num_draws, 2], example by example."""
    seeds = [
        example_seeds(derive_seed(seed, purpose, k), num_examples)
        for k in range(num_draws)
    ]
    return np.stack(seeds, axis=1).reshape(-1, 2)
