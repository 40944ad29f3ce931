"""Draws an inpainting once more in one pass, which checks its sampler."""

import tensorflow as tf

from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.condition import Condition
from smoothing_tf.seeds import derive_seed, per_example
from smoothing_tf.smoothing import Smoothing


def redraw_inpainting(
    smoothing: Smoothing,
    smoothed: AutoregressiveModel,
    reverse: AutoregressiveModel,
    drawn: tuple[tf.Tensor, tf.Tensor],
    known: tf.Tensor,
    seeds: tf.Tensor,
    label: tf.Tensor | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws once more what `inpaint_two_stage` has drawn with a single particle.

    Every position is drawn given the earlier positions of the samples, in one pass of
    each network, which checks a sampler.

    Args:
      smoothing: q(x~ | x).
      smoothed: p(x~).
      reverse: p(x | x~).
      drawn: (x~, x), float32 [n, ...event_shape] each.
      known: mask, bool [n, ...event_shape].
      seeds: int32 [n, 2].
      label: class of each image, int32 [n], or None.

    Returns:
      (x~, x), up to rounding the given ones if and only if they belong to the seeds.
    """
    x_smoothed, x = drawn

    def noise_of(model, purpose):
        return per_example(
            lambda seed: model.head.noise([1, *model.position_shape], seed),
            "position",
            derive_seed(seeds, purpose),
            dtype=tf.float32,
        )

    given = per_example(
        lambda x, seed: smoothing.distribution(x[None]).sample(seed=seed),
        "noise",
        seeds,
        tf.where(known, x, tf.zeros_like(x)),
    )
    condition = Condition(label=None if smoothed.num_classes is None else label)
    noise = noise_of(smoothed, "smoothed")
    x_smoothed_again = smoothed.redraw_from(noise, x_smoothed, condition)
    own = None if reverse.num_classes is None else label
    noise = noise_of(reverse, "reverse")
    x_again = reverse.redraw_from(noise, x, Condition(x_smoothed, own))
    return tf.where(known, given, x_smoothed_again), tf.where(known, x, x_again)
