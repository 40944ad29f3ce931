"""The two-stage model of p(x~) and p(x | x~)."""

from typing import NamedTuple

import tensorflow as tf

from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.inpainting import (
    check_stages,
    inpaint_two_stage,
    prepare_images,
)
from smoothing_tf.seeds import derive_seed, example_seeds
from smoothing_tf.smoothing import Smoothing


class BoundTerms(NamedTuple):
    """log p(x~), log p(x | x~) and log q(x~ | x) at one x~, each [batch] in nats."""

    log_smoothed: tf.Tensor
    log_reverse: tf.Tensor
    log_noise: tf.Tensor

    def log_weight(self) -> tf.Tensor:
        """Computes log p(x~) + log p(x | x~) - log q(x~ | x), [batch] in nats.

        Its expectation under q is the bound on log p(x); its exponential is an
        unbiased estimate of p(x).
        """
        return self.log_smoothed + self.log_reverse - self.log_noise


def importance_weighted_bound(log_weights: tf.Tensor) -> tf.Tensor:
    """Computes log 1/K sum_k w_k, whose expectation is a bound that grows with K.

    Args:
      log_weights: `BoundTerms.log_weight` of K independent x~, [K, batch] in nats.

    Returns:
      [batch] in nats. K = 1 is the plain bound.

    Reference: Burda et al., "Importance Weighted Autoencoders", ICLR 2016.
    """
    log_weights = tf.convert_to_tensor(log_weights)
    num_draws = tf.cast(tf.shape(log_weights)[0], log_weights.dtype)
    return tf.reduce_logsumexp(log_weights, axis=0) - tf.math.log(num_draws)


GRADIENTS = ("exact", "truncated")


def single_step_denoise(
    smoothing: Smoothing,
    smoothed: DensityModel,
    x_smoothed: tf.Tensor,
    gradient: str = "exact",
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
        log_prob = log_prob_of(x_smoothed)
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


class TwoStageModel(tf.Module):
    """p(x) = integral of p(x~) p(x | x~) dx~, from two models trained separately.

    Args:
      smoothing: q(x~ | x), the noise that both stages were trained with.
      smoothed: p(x~), an unconditional model of a continuous density.
      reverse: p(x | x~), a model conditional on x~.

    Raises:
      ValueError: the two models do not fit together.

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021.
    """

    def __init__(
        self, smoothing: Smoothing, smoothed: DensityModel, reverse: DensityModel
    ):
        super().__init__()
        if smoothed.takes_x_smoothed or not reverse.takes_x_smoothed:
            raise ValueError(
                "`reverse` must be conditional on x~ and `smoothed` must not; got"
                f" takes_x_smoothed {smoothed.takes_x_smoothed} and"
                f" {reverse.takes_x_smoothed}."
            )
        if smoothed.event_shape != reverse.event_shape:
            raise ValueError(
                "`reverse` must have the event shape of `smoothed`, "
                f"{smoothed.event_shape}; got {reverse.event_shape}."
            )
        self.smoothing = smoothing
        self.smoothed = smoothed
        self.reverse = reverse

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one x, and of one x~."""
        return self.smoothed.event_shape

    def sample(
        self, num_samples: int | tf.Tensor, *, seed: int | tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws two-step samples: x~ ~ p(x~), then x ~ p(x | x~).

        Args:
          num_samples: scalar integer.
          seed: seed or seeds as for `DensityModel.sample`.

        Returns:
          (x~, x), each float32 [num_samples, ...event_shape].
        """
        x_smoothed = self.smoothed.sample(
            num_samples, seed=derive_seed(seed, "two-step smoothed")
        )
        x = self.denoise(x_smoothed, seed=derive_seed(seed, "two-step reverse"))
        return x_smoothed, x

    def denoise(self, x_smoothed: tf.Tensor, *, seed: int | tf.Tensor) -> tf.Tensor:
        """Draws x ~ p(x | x~).

        Args:
          x_smoothed: x~, float [batch, ...event_shape].
          seed: seed or seeds as for `DensityModel.sample`.

        Returns:
          float32 [batch, ...event_shape].
        """
        return self.reverse.sample(1, Condition(x_smoothed), seed=seed)[0]

    def single_step_denoise(
        self, x_smoothed: tf.Tensor, gradient: str = "exact"
    ) -> tf.Tensor:
        """Estimates E[x | x~] for each x~; see the function of the same name."""
        return single_step_denoise(self.smoothing, self.smoothed, x_smoothed, gradient)

    def inpaint(
        self,
        images: tf.Tensor,
        mask: tf.Tensor,
        *,
        seed: int | tf.Tensor,
        num_particles: int = 1,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws (x~, x) given the known values of x.

        With one particle this is clamped ancestral sampling, an approximation: a
        missing x depends on known values later in raster order only through x~, and a
        missing x~ does not depend on them at all. As the number of particles grows,
        the distribution tends to the exact conditional p(x~, x | known); large images
        need many particles.

        Args:
          images: floating [n, ...event_shape], images on [-1, 1]; missing values may
            be anything.
          mask: 1 for known, 0 for missing values: for images [h, w] or [n, h, w], a
            pixel with all its channels; for vectors [d] or [n, d].
          seed: integer, int32 [2], or one seed per image, int32 [n, 2]. Up to
            rounding, a result depends only on its image and its own seed, or on a
            common seed and its index, and not on the other images.
          num_particles: number of draws of each image, which are weighted by the
            likelihood of the known values and resampled along the way.

        Returns:
          (x~, x), each [n, ...event_shape] in the dtype of `images`; the known values
          of x are returned bit for bit.

        Raises:
          ValueError: arguments do not fit, or a stage is not autoregressive.
        """
        check_stages(self.smoothed, self.reverse)
        images = tf.convert_to_tensor(images)
        images, known = prepare_images(images, mask, num_particles, self.event_shape)
        seeds = example_seeds(seed, tf.shape(images)[0])
        return self._inpaint(images, known, seeds, int(num_particles))

    @tf.function(reduce_retracing=True, autograph=False)
    def _inpaint(self, images, known, seeds, num_particles):
        return inpaint_two_stage(
            self.smoothing,
            self.smoothed,
            self.reverse,
            images,
            known,
            seeds,
            num_particles,
        )

    @property
    def has_single_step(self) -> bool:
        """Whether single-step denoising is defined for this smoothing."""
        return self.smoothing.single_step_gain is not None

    def bound_terms(self, x: tf.Tensor, x_smoothed: tf.Tensor) -> BoundTerms:
        """Computes the three terms of the bound, all at the same x~.

        log p(x) >= E_q(x~|x)[ log p(x~) + log p(x | x~) - log q(x~ | x) ].

        Args:
          x: floating [batch, ...event_shape]; float64 for reports.
          x_smoothed: sample of q(x~ | x), of the shape and dtype of `x`.

        Returns:
          BoundTerms in nats, in the dtype of `x`.
        """
        return BoundTerms(
            log_smoothed=self.smoothed.log_prob(x_smoothed),
            log_reverse=self.reverse.log_prob(x, Condition(x_smoothed)),
            log_noise=self.smoothing.distribution(x).log_prob(x_smoothed),
        )
