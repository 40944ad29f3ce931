"""Denoising in a single step, by the gradient of log p(x~)."""

import tensorflow as tf

from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.gradients import GRADIENTS
from smoothing_tf.smoothing import Smoothing


def single_step_denoise(
    smoothing: Smoothing,
    smoothed: DensityModel,
    x_smoothed: tf.Tensor,
    gradient: str = "exact",
    label: tf.Tensor | None = None,
) -> tf.Tensor:
    """Computes x~ + sigma^2 d/dx~ log p(x~), for Gaussian smoothing only.

    By Tweedie's formula it equals E[x | x~] if p(x~) is the smoothed data density and
    the gradient is exact. The truncated gradient treats the network's output as a
    constant, as the authors' code does. It ignores the effect of a dimension on later
    ones, and exists for comparison.

    Args:
      smoothing: q(x~ | x).
      smoothed: p(x~).
      x_smoothed: x~, float [batch, ...event_shape].
      gradient: "exact" for the gradient through the network, or "truncated".
      label: classes y, integers [batch], for a model of p(x~ | y); the estimate is
        then of E[x | x~, y].

    Returns:
      Tensor of the shape and dtype of `x_smoothed`, not clipped.

    Raises:
      ValueError: the smoothing is not Gaussian, for which alone the identity holds;
        the gradient is unknown; or it is truncated and the model is not
        autoregressive.
    """
    check_single_step(smoothing, smoothed, gradient)
    x_smoothed = tf.convert_to_tensor(x_smoothed)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x_smoothed)
        is_exact = gradient == "exact"
        log_prob_of = smoothed.log_prob if is_exact else smoothed.log_prob_detached
        log_prob = log_prob_of(x_smoothed, Condition(label=label))
    score = tape.gradient(log_prob, x_smoothed)
    return x_smoothed + smoothing.single_step_gain * score


def check_single_step(
    smoothing: Smoothing, smoothed: DensityModel, gradient: str = "exact"
) -> None:
    """Checks the arguments of `single_step_denoise`.

    Raises:
      ValueError: the same errors.
    """
    if gradient not in GRADIENTS:
        raise ValueError(
            f"`gradient` must be one of {', '.join(GRADIENTS)}; got {gradient!r}."
        )
    if smoothing.single_step_gain is None:
        raise ValueError(
            "Single-step denoising needs gaussian `smoothing`; got"
            f" {type(smoothing).__name__.lower()}. Draw from p(x|x~) instead."
        )
    if gradient == "truncated" and not smoothed.is_autoregressive:
        raise ValueError(
            "`gradient` must be 'exact' for a model that is not autoregressive; got"
            f" 'truncated' for {type(smoothed).__name__}."
        )
