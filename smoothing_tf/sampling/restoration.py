"""Denoising and inpainting of given images."""

import numpy as np
import tensorflow as tf

from smoothing_tf.models.inpainting import check_stages, prepare_images
from smoothing_tf.models.trained import Trained
from smoothing_tf.sampling import batches
from smoothing_tf.sampling.arguments import as_float32, check_finite, check_shape
from smoothing_tf.sampling.samples import single_steps
from smoothing_tf.seeds import derive_seed, example_seeds
from smoothing_tf.settings import check_count


def denoise_images(
    trained: Trained,
    x_smoothed: np.ndarray,
    *,
    num_draws: int = 1,
    seed: int,
    progress: bool = False,
    gradient: str = "exact",
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

    Returns:
      float32: "smoothed", the given x~, and, for Gaussian smoothing, "single_step",
      [n, ...event_shape]; "samples" [n K, ...event_shape], the draws of each x~
      next to each other. For models of standardized data x~ is given, and everything
      returned as float64, in raw units.

    Raises:
      ValueError: a stage is not trained, x~ does not fit the models or is not finite,
        `num_draws` is below 1, or the gradient is not defined.
    """
    check_count("num_draws", num_draws)
    two_stage = trained.two_stage
    x_smoothed = np.asarray(x_smoothed)
    check_shape("x_smoothed", x_smoothed, two_stage.event_shape)
    x_smoothed = as_float32("x_smoothed", trained.to_model_scale(x_smoothed))
    check_finite("x_smoothed", x_smoothed)

    def draw(x_smoothed, seeds):
        return {"samples": two_stage.denoise(x_smoothed, seed=seeds)}

    estimates = single_steps(trained, x_smoothed, gradient, progress=progress)
    drawn = batches.in_batches(
        draw,
        np.repeat(x_smoothed, num_draws, axis=0),
        _seeds_of_draws(seed, "denoise", len(x_smoothed), num_draws),
        progress=progress,
    )
    return trained.to_data_scale({"smoothed": x_smoothed, **estimates, **drawn})


def inpaint_images(
    trained: Trained,
    images: np.ndarray,
    mask: np.ndarray,
    *,
    num_inpaintings: int = 1,
    num_particles: int = 1,
    seed: int,
    progress: bool = False,
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

    Returns:
      "smoothed" and "samples", float32 [n K, ...event_shape], the inpaintings of each
      image next to each other. For models of standardized data vectors are given in
      raw units and returned in them, as float64.

    Raises:
      ValueError: a stage is not trained or not autoregressive, or an argument does
        not fit.
    """
    check_count("num_inpaintings", num_inpaintings)
    two_stage = trained.two_stage
    check_stages(two_stage.smoothed, two_stage.reverse)
    images, mask = np.asarray(images), np.asarray(mask)
    check_shape("images", images, two_stage.event_shape)
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

    def draw(images, mask, seeds):
        x_smoothed, x = two_stage.inpaint(
            images, mask, seed=seeds, num_particles=num_particles
        )
        return {"smoothed": x_smoothed, "samples": x}

    drawn = batches.in_batches(
        draw,
        np.repeat(images, num_inpaintings, axis=0),
        np.repeat(mask, num_inpaintings, axis=0),
        seeds,
        progress=progress,
        # All particles of a batch are drawn at once, so fewer images fit.
        batch_size=max(1, batches.BATCH_SIZE // num_particles),
    )
    if trained.standardization is None:
        return drawn
    drawn = trained.to_data_scale(drawn)
    # Known values come back as they were, without the rounding of the way there.
    known = np.repeat(mask, num_inpaintings, axis=0).astype(bool)
    return drawn | {"samples": np.where(known, given, drawn["samples"])}


def _seeds_of_draws(
    seed: int, purpose: str, num_examples: int, num_draws: int
) -> np.ndarray:
    """Returns int32 [num_examples * num_draws, 2], example by example."""
    seeds = [
        example_seeds(derive_seed(seed, purpose, k), num_examples)
        for k in range(num_draws)
    ]
    return np.stack(seeds, axis=1).reshape(-1, 2)
