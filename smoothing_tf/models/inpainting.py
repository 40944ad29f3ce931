"""Inpainting: draws the missing values given the known ones.

Clamped ancestral sampling walks over the positions in raster order, keeps the known
values and draws the others. This is an approximation, because a drawn value does not
depend on known values that come later. With two stages, x~ is drawn first: from
q(x~ | x) where x is known, and from p(x~) elsewhere. A later known value then has an
effect, but only through x~.

Several draws of each image, called particles, correct for that (sequential Monte
Carlo). The log weight of a particle says how much more likely its known values are
under the model than under their proposal. In stage smoothed the proposal of x~_i is the
mixture m_i = (1 - e) q(x~_i | x_i) + e p(x~_i | x~_<i), and t_i, a function of x~_i and
x_i, prefers x~ that will suit the known values; see `NoiseProposal`:

  stage smoothed  sum over known i of log p(x~_i | x~_<i) + log t_i - log m_i
  stage reverse   sum over known i of log p(x_i | x_<i, x~) - log t_i

The particles are resampled after every row that leaves their weights too unequal. One
of them is chosen at the end; its distribution tends to p(x | known) as the number of
particles grows. The smallest effective number of particles, before any resampling, says
how far to trust it.

Reference: Doucet and Johansen, "A Tutorial on Particle Filtering and Smoothing", 2009.
"""

from typing import NamedTuple

import tensorflow as tf

from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.noise_proposal import NoiseProposal
from smoothing_tf.models.particles import (
    choose_particles,
    effective_number,
    flatten_index,
    is_single,
    repeat_particles,
    resample_unequal,
)
from smoothing_tf.seeds import derive_seed, per_example
from smoothing_tf.smoothing import Smoothing


class Inpainting(NamedTuple):
    """What was drawn for n images.

    Attributes:
      x_smoothed: x~, [n, ...event_shape].
      x: [n, ...event_shape].
      label: class of each image, int [n], or None.
      effective_particles: smallest effective number of particles of each image, before
        any resampling and at the end, [n]; 1 for a single particle.
    """

    x_smoothed: tf.Tensor
    x: tf.Tensor
    label: tf.Tensor | None
    effective_particles: tf.Tensor


class Walked(NamedTuple):
    """Particles after a walk over all positions.

    Attributes:
      x: [n N, ...event_shape].
      log_weights: [n N].
      origin: index of each particle's condition, which belongs to the same image, int
        [n N].
      effective: smallest effective number of particles so far, the same for all
        particles of an image, [n N].
    """

    x: tf.Tensor
    log_weights: tf.Tensor
    origin: tf.Tensor
    effective: tf.Tensor


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
) -> Inpainting:
    """Draws (x~, x) given the known values of x under p(x~) p(x | x~).

    With labels that differ between the particles of an image, whose class is thus not
    known, the class is drawn as well, under p(y) p(x~ | y) p(x | x~, y).

    Args:
      smoothing: q(x~ | x), behind the proposal of x~ where x is known.
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
      Inpainting, in the dtype of `images`.
    """
    x = repeat_particles(images, num_particles)
    known = repeat_particles(known, num_particles)

    def add_noise(image, seed):
        images = repeat_particles(image[None], num_particles)
        return smoothing.distribution(images).sample(seed=seed)

    given = per_example(add_noise, "noise", seeds, images)
    proposal = None
    if not is_single(num_particles):
        proposal = NoiseProposal(
            smoothing, smoothed, x, known, seeds, num_particles, num_used
        )
    first = clamped_walk(
        smoothed,
        given,
        known,
        derive_seed(seeds, "smoothed"),
        num_particles,
        Condition(label=None if smoothed.num_classes is None else label),
        proposal=proposal,
        x=x,
        num_used=num_used,
    )
    if label is not None:
        label = tf.gather(label, first.origin)
    log_preference = None
    if proposal is not None:
        log_noise = proposal.log_noise(x, first.x)
        log_preference = proposal.log_preference(log_noise)
    second = clamped_walk(
        reverse,
        x,
        known,
        derive_seed(seeds, "reverse"),
        num_particles,
        Condition(first.x, None if reverse.num_classes is None else label),
        log_preference=log_preference,
        before=first,
        num_used=num_used,
    )
    particles = [tf.gather(first.x, second.origin), second.x, second.effective]
    if label is not None:
        particles.append(tf.gather(label, second.origin))
    x_smoothed, x, effective, *rest = choose_particles(
        second.log_weights, seeds, num_particles, *particles, num_used=num_used
    )
    return Inpainting(x_smoothed, x, rest[0] if rest else None, effective)


def clamped_walk(
    model: AutoregressiveModel,
    given: tf.Tensor,
    known: tf.Tensor,
    seeds: tf.Tensor,
    num_particles: int | tf.Tensor,
    condition: Condition | None = None,
    *,
    proposal: NoiseProposal | None = None,
    x: tf.Tensor | None = None,
    log_preference: tf.Tensor | None = None,
    before: Walked | None = None,
    num_used: tf.Tensor | None = None,
) -> Walked:
    """Draws the missing values of particles in raster order and keeps the known ones.

    Args:
      model: model of the values.
      given: floating [n N, ...event_shape], the N particles of an image in a row: data,
        or with a proposal x~ drawn from q(x~ | x).
      known: mask, bool [n N, ...event_shape].
      seeds: int32 [n, 2], one seed per image.
      num_particles: number of particles N.
      condition: condition of the model, of n N rows, or None.
      proposal: proposal of known values; None if they are data.
      x: data behind the noise of `given`, with a proposal.
      log_preference: log t of each coordinate of the condition's x~, [n N,
        ...event_shape], which the weights are divided by; None for 0.
      before: the walk of the stage before, whose weights these particles have, or None.
      num_used: number of particles of each image, int32 [n]; None for N each.

    Returns:
      Walked.
    """
    head, dtype = model.head, given.dtype
    has_weights = not is_single(num_particles)
    batch_size = tf.shape(given)[0]
    num_rows = model.event_shape[0]
    is_moved = log_preference is not None and has_weights

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
    if x is not None:
        x = by_position(x)
    # What belongs to x~ moves with its particle when particles are resampled.
    moved = by_position(log_preference) if is_moved else tf.zeros([batch_size], dtype)
    if before is None:
        start = tf.zeros([batch_size], dtype), tf.ones([batch_size], dtype)
        if has_weights:
            count = tf.cast(num_particles, dtype)
            start = start[0], tf.fill([batch_size], count)
    else:
        start = before.log_weights, before.effective

    def visit(params, place, state):
        log_weights, effective, moved = state
        value, is_known = place.of(given), place.of(known)
        drawn = head.draw(params, place.of(noise))
        if has_weights:
            if proposal is not None:
                value = tf.where(place.of(proposal.is_noised), value, drawn)
            gain = head.distribution(params).log_prob(value)
            if proposal is not None and x is not None:
                log_noise = proposal.log_noise(place.of(x), value)
                preference = proposal.log_preference(log_noise)
                gain = proposal.log_gain(
                    gain,
                    tf.reduce_sum(log_noise, axis=-1),
                    tf.reduce_sum(preference, axis=-1),
                )
            if is_moved:
                gain -= tf.reduce_sum(place.of(moved), axis=-1)
            new = log_weights + tf.where(is_known[:, 0], gain, tf.zeros_like(gain))
            log_weights = tf.ensure_shape(new, log_weights.shape)
        return tf.where(is_known, value, drawn), (log_weights, effective, moved)

    def smallest(log_weights, effective):
        grouped = tf.reshape(log_weights, [-1, num_particles])
        number = repeat_particles(effective_number(grouped, num_used), num_particles)
        return tf.ensure_shape(tf.minimum(effective, number), log_weights.shape)

    def resample(row, state):
        log_weights, effective, moved = state
        effective = smallest(log_weights, effective)
        grouped = tf.reshape(log_weights, [-1, num_particles])
        ancestors, new = resample_unequal(grouped, uniform[:, row], num_used)
        ancestors = flatten_index(ancestors, num_particles)
        ancestors, new = (
            tf.ensure_shape(part, log_weights.shape)
            for part in (ancestors, tf.reshape(new, [-1]))
        )
        return ancestors, (new, effective, tf.gather(moved, ancestors))

    drawn, (log_weights, effective, _), origin = model.walk(
        batch_size,
        condition,
        visit,
        (*start, moved),
        dtype,
        resample if has_weights else None,
    )
    if has_weights:
        effective = smallest(log_weights, effective)
    return Walked(drawn, log_weights, origin, effective)
