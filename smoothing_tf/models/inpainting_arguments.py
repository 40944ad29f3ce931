"""Checks of the arguments of inpainting."""

import numpy as np
import tensorflow as tf

from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.settings import check_count


def check_stages(smoothed: DensityModel, reverse: DensityModel) -> None:
    """Checks that both stages of a two-stage model can inpaint.

    Raises:
      ValueError: a stage is not autoregressive.
    """
    for stage, model in (("smoothed", smoothed), ("reverse", reverse)):
        if not model.is_autoregressive:
            raise ValueError(
                f"Inpainting needs an autoregressive model, such as made or pixelcnnpp,"
                f" in stage {stage}; got {type(model).__name__}."
            )


def prepare_images(
    images: tf.Tensor, mask: tf.Tensor, num_particles: int, event_shape: tuple[int, ...]
) -> tuple[tf.Tensor, tf.Tensor]:
    """Checks the arguments of inpainting, and makes a full-size mask.

    Args:
      images: [n, ...event_shape]; missing values may be anything, NaN included.
      mask: 1 or True for known, 0 or False for missing values. For images it is
        [h, w] or [n, h, w], and a pixel has all its channels known or missing; for
        other events it is [...event_shape] or [n, ...event_shape].
      num_particles: integer, at least 1.
      event_shape: shape of one image.

    Returns:
      (images with zeros for missing values, mask bool [n, ...event_shape]).

    Raises:
      ValueError: a shape or the number of particles does not fit, the mask holds
        other numbers, or a known value is not finite. With symbolic tensors the graph
        raises an InvalidArgumentError for the last two.
    """
    is_image = len(event_shape) == 3
    position_shape = event_shape[:2] if is_image else event_shape
    rank = len(position_shape)
    named = ", ".join(map(str, position_shape))
    mask = tf.convert_to_tensor(mask)
    check_count("num_particles", num_particles)
    if not images.dtype.is_floating:
        raise ValueError(f"`images` must be floating; got {images.dtype.name}.")
    if not images.shape[1:].is_compatible_with(event_shape):
        raise ValueError(
            f"`images` must have shape [n, {', '.join(map(str, event_shape))}]; got"
            f" {images.shape}."
        )
    is_for_all = mask.shape.rank == rank and mask.shape.is_compatible_with(
        position_shape
    )
    if not is_for_all and not mask.shape.is_compatible_with(
        [images.shape[0], *position_shape]
    ):
        raise ValueError(
            f"`mask` must have shape [{named}] or [{images.shape[0] or 'n'}, {named}];"
            f" got {mask.shape}."
        )
    if mask.dtype != tf.bool:
        rule = "`mask` must hold only 1 (known) and 0 (missing)"
        is_known = mask == 1
        if tf.is_symbolic_tensor(mask):
            tf.debugging.assert_equal(mask, tf.cast(is_known, mask.dtype), rule)
        elif np.any(is_wrong := ~np.isin(mask, (0, 1))):
            raise ValueError(f"{rule}; got {mask.numpy()[is_wrong][0]}.")
        mask = is_known
    if is_for_all:
        mask = mask[None]
    if is_image:
        mask = mask[..., None]
    known = tf.broadcast_to(mask, tf.shape(images))
    given = tf.where(known, images, tf.zeros_like(images))
    rule = "`images` must be finite where they are known"
    if tf.is_symbolic_tensor(given):
        given = tf.debugging.assert_all_finite(given, rule)
    elif np.any(is_wrong := ~np.isfinite(given)):
        raise ValueError(f"{rule}; got {given.numpy()[is_wrong][0]}.")
    return given, known
