"""Completion of images: their first rows are given, a model draws the others."""

import numpy as np
import tensorflow as tf

from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.inpainting import clamped_walk
from smoothing_tf.models.inpainting_arguments import prepare_images
from smoothing_tf.models.trained import Trained
from smoothing_tf.parts import Parts
from smoothing_tf.sampling import batches, inpaint_images
from smoothing_tf.sampling.restoration import EFFECTIVE_PARTICLES
from smoothing_tf.seeds import derive_seed, example_seeds


def given_rows(share: float, height: int, width: int) -> np.ndarray:
    """Makes the mask of the given pixels: the upper rows.

    Args:
      share: share of the rows that is drawn, from 0 to 1; rounded to whole rows.
      height: number of rows.
      width: number of columns.

    Returns:
      bool [height, width], True where a pixel is given.
    """
    mask = np.zeros((height, width), bool)
    mask[: height - round(share * height)] = True
    return mask


def complete_directly(
    model: AutoregressiveModel,
    x: np.ndarray,
    masks: np.ndarray,
    *,
    seed: int,
    parts: Parts | None = None,
) -> np.ndarray:
    """Draws the missing rows from p(x) given the rows above: an exact conditional.

    Args:
      model: p(x), without x~ and without classes.
      x: images on [-1, 1], float32 [n, h, w, c].
      masks: True for given pixels, the first ones in raster order, bool [n, h, w].
      seed: the run's seed.
      parts: stores the completions as they are drawn; None stores nothing.

    Returns:
      float32 [n, h, w, c]; given pixels are returned bit for bit.

    Raises:
      ValueError: a given pixel follows a missing one, so that the draws would not be
        from the conditional.
    """
    if np.any(np.diff(masks.reshape(len(masks), -1).astype(np.int8)) > 0):
        raise ValueError(
            "`masks` must give the first pixels in raster order; got one with a given"
            " pixel after a missing one. Use two stages, which can inpaint."
        )

    def draw(images, masks, seeds):
        images, known = prepare_images(images, masks, 1, model.event_shape)
        drawn = clamped_walk(model, images, known, seeds, 1).x
        return {"x": tf.reshape(drawn, tf.shape(images))}

    seeds = example_seeds(derive_seed(seed, "direct completion"), len(x)).numpy()
    drawn = batches.in_batches(
        draw,
        *(x, masks, seeds),
        progress=True,
        label="direct completions",
        parts=parts,
    )
    return drawn["x"]


def complete_in_two_stages(
    trained: Trained,
    x: np.ndarray,
    masks: np.ndarray,
    *,
    num_particles: int,
    seed: int,
    parts: Parts | None = None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Draws the missing rows from two stages, by inpainting.

    Args:
      trained: the trained models, with both stages and without classes.
      x: images on [-1, 1], float32 [n, h, w, c].
      masks: True for given pixels, bool [n, h, w].
      num_particles: number of particles; see `TwoStageModel.inpaint`.
      seed: the run's seed.
      parts: stores the completions as they are drawn; None stores nothing.

    Returns:
      (completed images, float32 [n, h, w, c], NaN where x~ is not finite; the smallest
      effective number of particles of each, float32 [n], or None with a single one).
    """
    drawn = inpaint_images(
        trained,
        *(x, masks),
        num_particles=num_particles,
        seed=seed,
        progress=True,
        parts=parts,
    )
    # What is drawn from an x~ that overflowed is no completion.
    is_finite = np.isfinite(drawn["smoothed"]).all(axis=(1, 2, 3), keepdims=True)
    completed = np.where(is_finite, drawn["samples"], np.float32(np.nan))
    return completed, drawn.get(EFFECTIVE_PARTICLES)
