"""Inpainting: draws the missing values given the known ones.

Clamped ancestral sampling walks over the positions in raster order, keeps the known
values and draws the others. This is an approximation, because a drawn value does not
depend on known values that come later. With two stages, x~ is drawn first: from
q(x~ | x) where x is known, and from p(x~) elsewhere. A later known value then has an
effect, but only through x~.

Several draws of each image, called particles, correct for that (sequential Monte
Carlo). The log weight of a particle says how much more likely its known values are
under the model than under their proposal:

  stage smoothed  sum over known i of log p(x~_i | x~_<i) - log q(x~_i | x_i)
  stage reverse   sum over known i of log p(x_i | x_<i, x~)

The particles are resampled after every row that leaves their weights too unequal. One
of them is chosen at the end; its distribution tends to p(x | known) as the number of
particles grows.

Reference: Doucet and Johansen, "A Tutorial on Particle Filtering and Smoothing", 2009.
"""

import numpy as np
import tensorflow as tf

from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.particles import (
    choose_particles,
    flatten_index,
    is_single,
    repeat_particles,
    resample_unequal,
)
from smoothing_tf.seeds import derive_seed, per_example
from smoothing_tf.settings import check_count
from smoothing_tf.smoothing import Smoothing


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


def inpaint_two_stage(
    smoothing: Smoothing,
    smoothed: AutoregressiveModel,
    reverse: AutoregressiveModel,
    images: tf.Tensor,
    known: tf.Tensor,
    seeds: tf.Tensor,
    num_particles: int | tf.Tensor,
    label: tf.Tensor | None = None,
    num_used: tf.Tensor | None = None,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor | None]:
    """Draws (x~, x) given the known values of x under p(x~) p(x | x~).

    With labels that differ between the particles of an image, whose class is thus not
    known, the class is drawn as well, under p(y) p(x~ | y) p(x | x~, y).

    Args:
      smoothing: q(x~ | x), the proposal of x~ where x is known.
      smoothed: p(x~).
      reverse: p(x | x~).
      images: floating [n, ...event_shape], 0 where values are missing.
      known: mask, bool [n, ...event_shape].
      seeds: int32 [n, 2], one seed per image.
      num_particles: number of particles N; 1 is clamped ancestral sampling.
      label: class of each particle, int [n N], a draw from p(y); None if neither model
        takes labels.
      num_used: number of particles of each image, int32 [n], from 1 to N: the result is
        the same as with that many particles. None for N each.

    Returns:
      (x~, x, label): x~ and x [n, ...event_shape] in the dtype of `images`, the label
      int [n] or None.
    """
    x = repeat_particles(images, num_particles)
    known = repeat_particles(known, num_particles)

    def add_noise(image, seed):
        images = repeat_particles(image[None], num_particles)
        return smoothing.distribution(images).sample(seed=seed)

    given = per_example(add_noise, "noise", seeds, images)
    log_proposal = smoothing.coordinate_distribution(x).log_prob(given)
    x_smoothed, log_weights, origin = clamped_walk(
        smoothed,
        given,
        known,
        derive_seed(seeds, "smoothed"),
        num_particles,
        log_proposal,
        Condition(label=None if smoothed.num_classes is None else label),
        num_used=num_used,
    )
    if label is not None:
        label = tf.gather(label, origin)
    x, log_weights, origin = clamped_walk(
        reverse,
        x,
        known,
        derive_seed(seeds, "reverse"),
        num_particles,
        condition=Condition(x_smoothed, None if reverse.num_classes is None else label),
        log_weights=log_weights,
        num_used=num_used,
    )
    particles = [tf.gather(x_smoothed, origin), x]
    if label is not None:
        particles.append(tf.gather(label, origin))
    x_smoothed, x, *rest = choose_particles(
        log_weights, seeds, num_particles, *particles, num_used=num_used
    )
    return x_smoothed, x, rest[0] if rest else None


def clamped_walk(
    model: AutoregressiveModel,
    given: tf.Tensor,
    known: tf.Tensor,
    seeds: tf.Tensor,
    num_particles: int | tf.Tensor,
    log_proposal: tf.Tensor | None = None,
    condition: Condition | None = None,
    log_weights: tf.Tensor | None = None,
    num_used: tf.Tensor | None = None,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Draws the missing values of particles in raster order and keeps the known ones.

    Args:
      model: model of the values.
      given: floating [n N, ...event_shape], the N particles of an image in a row.
      known: mask, bool [n N, ...event_shape].
      seeds: int32 [n, 2], one seed per image.
      num_particles: number of particles N.
      log_proposal: log density of each value in `given` under its proposal,
        [n N, ...event_shape]; None if the values are data.
      condition: condition of the model, of n N rows, or None.
      log_weights: log weights so far, [n N], or None.
      num_used: number of particles of each image, int32 [n]; None for N each.

    Returns:
      (x [n N, ...event_shape], log weights [n N], origin int [n N]: the index of each
      particle's condition, which belongs to the same image).
    """
    head, dtype = model.head, given.dtype
    has_weights = not is_single(num_particles)
    batch_size = tf.shape(given)[0]
    num_rows = model.event_shape[0]

    def by_position(whole):
        shape = [batch_size, *model.position_shape, model.num_channels]
        return tf.reshape(whole, shape)

    noise = per_example(
        lambda seed: head.noise([num_particles, *model.position_shape], seed, dtype),
        "position",
        seeds,
        dtype=dtype,
    )
    uniform = per_example(
        lambda seed: tf.random.stateless_uniform([1, num_rows], seed, dtype=dtype),
        "resample",
        seeds,
        dtype=dtype,
    )
    given, known = by_position(given), by_position(known)
    if log_proposal is not None:
        log_proposal = by_position(log_proposal)
    if log_weights is None:
        log_weights = tf.zeros([batch_size], dtype)

    def visit(params, place, log_weights):
        value, is_known = place.of(given), place.of(known)
        drawn = head.draw(params, place.of(noise))
        if has_weights:
            gain = head.distribution(params).log_prob(value)
            if log_proposal is not None:
                gain -= tf.reduce_sum(place.of(log_proposal), axis=-1)
            new = log_weights + tf.where(is_known[:, 0], gain, tf.zeros_like(gain))
            log_weights = tf.ensure_shape(new, log_weights.shape)
        return tf.where(is_known, value, drawn), log_weights

    def resample(row, log_weights):
        grouped = tf.reshape(log_weights, [-1, num_particles])
        ancestors, new = resample_unequal(grouped, uniform[:, row], num_used)
        ancestors = flatten_index(ancestors, num_particles)
        return tuple(
            tf.ensure_shape(part, log_weights.shape)
            for part in (ancestors, tf.reshape(new, [-1]))
        )

    return model.walk(
        batch_size,
        condition,
        visit,
        log_weights,
        dtype,
        resample if has_weights else None,
    )
