"""The two-stage model of p(x~) and p(x | x~)."""

import tensorflow as tf

from smoothing_tf.models.bound_terms import BoundTerms
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel, check_label
from smoothing_tf.models.inpainting import Inpainting, inpaint_two_stage
from smoothing_tf.models.inpainting_arguments import check_stages, prepare_images
from smoothing_tf.models.pair_checks import check_given, check_pair
from smoothing_tf.models.particles import draw_classes, repeat_particles
from smoothing_tf.models.single_step import single_step_denoise
from smoothing_tf.seeds import derive_seed, example_seeds
from smoothing_tf.smoothing import Smoothing


class TwoStageModel(tf.Module):
    """p(x) = integral of p(x~) p(x | x~) dx~, from two models trained separately.

    If one or both of the models are class-conditional, it is a model of p(x | y), and
    every method but `inpaint_any_class` needs labels y, one per example. A stage
    without classes ignores them.

    Args:
      smoothing: q(x~ | x), the noise that both stages were trained with.
      smoothed: p(x~) or p(x~ | y), a model of a continuous density.
      reverse: p(x | x~) or p(x | x~, y), a model conditional on x~.

    Raises:
      ValueError: the two models do not fit together.

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021.
    """

    def __init__(
        self, smoothing: Smoothing, smoothed: DensityModel, reverse: DensityModel
    ):
        super().__init__()
        check_pair(smoothed, reverse)
        self.smoothing = smoothing
        self.smoothed = smoothed
        self.reverse = reverse

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one x, and of one x~."""
        return self.smoothed.event_shape

    @property
    def num_classes(self) -> int | None:
        """Number of classes of p(x | y); None for a model of p(x)."""
        own = (self.smoothed.num_classes, self.reverse.num_classes)
        return next((number for number in own if number is not None), None)

    def sample(
        self,
        num_samples: int | tf.Tensor,
        *,
        seed: int | tf.Tensor,
        label: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws two-step samples: x~ ~ p(x~), then x ~ p(x | x~).

        Args:
          num_samples: scalar integer.
          seed: seed or seeds as for `DensityModel.sample`.
          label: class of each sample, integers [num_samples], or None.

        Returns:
          (x~, x), each float32 [num_samples, ...event_shape].
        """
        x_smoothed = self.sample_smoothed(
            num_samples, seed=derive_seed(seed, "two-step smoothed"), label=label
        )
        reverse_seed = derive_seed(seed, "two-step reverse")
        x = self.denoise(x_smoothed, seed=reverse_seed, label=label)
        return x_smoothed, x

    def sample_smoothed(
        self,
        num_samples: int | tf.Tensor,
        *,
        seed: int | tf.Tensor,
        label: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Draws x~ ~ p(x~); the arguments are those of `sample`.

        Returns:
          float32 [num_samples, ...event_shape].
        """
        own = self._label_of(self.smoothed, label)
        if own is None:
            return self.smoothed.sample(num_samples, seed=seed)
        return self.smoothed.sample(1, Condition(label=own), seed=seed)[0]

    def denoise(
        self,
        x_smoothed: tf.Tensor,
        *,
        seed: int | tf.Tensor,
        label: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Draws x ~ p(x | x~).

        Args:
          x_smoothed: x~, float [batch, ...event_shape].
          seed: seed or seeds as for `DensityModel.sample`.
          label: class of each x~, integers [batch], or None.

        Returns:
          float32 [batch, ...event_shape].
        """
        condition = self.reverse_condition(x_smoothed, label)
        return self.reverse.sample(1, condition, seed=seed)[0]

    def reverse_condition(
        self, x_smoothed: tf.Tensor, label: tf.Tensor | None = None
    ) -> Condition:
        """Returns the condition of p(x | x~), with labels if it takes them."""
        return Condition(x_smoothed, self._label_of(self.reverse, label))

    def redraw(
        self,
        x_smoothed: tf.Tensor,
        x: tf.Tensor,
        *,
        seed: int | tf.Tensor,
        label: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws once more what `sample` has drawn; see `DensityModel.redraw`.

        Args:
          x_smoothed: samples x~, float32 [batch, ...event_shape].
          x: samples x given these x~, float32 [batch, ...event_shape].
          seed: seed that `sample` was given.
          label: class of each sample, integers [batch], or None.

        Returns:
          (x~, x), each float32 [batch, ...event_shape].
        """
        return (
            self.smoothed.redraw(
                x_smoothed,
                Condition(label=self._label_of(self.smoothed, label)),
                seed=derive_seed(seed, "two-step smoothed"),
            ),
            self.reverse.redraw(
                x,
                self.reverse_condition(x_smoothed, label),
                seed=derive_seed(seed, "two-step reverse"),
            ),
        )

    def single_step_denoise(
        self,
        x_smoothed: tf.Tensor,
        gradient: str = "exact",
        *,
        label: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Estimates E[x | x~] for each x~; see the function of the same name."""
        own = self._label_of(self.smoothed, label)
        return single_step_denoise(
            self.smoothing, self.smoothed, x_smoothed, gradient, own
        )

    def inpaint(
        self,
        images: tf.Tensor,
        mask: tf.Tensor,
        *,
        seed: int | tf.Tensor,
        num_particles: int = 1,
        label: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws (x~, x) given the known values of x.

        With one particle this is clamped ancestral sampling, an approximation: a
        missing x depends on known values later in raster order only through x~, and a
        missing x~ not at all. As the number of particles grows, the distribution tends
        to the exact p(x~, x | known); large images need many.

        Args:
          images: floating [n, ...event_shape], images on [-1, 1]; missing values may
            be anything.
          mask: 1 for known, 0 for missing values: for images [h, w] or [n, h, w], a
            pixel with all its channels; for vectors [d] or [n, d].
          seed: integer, int32 [2], or one seed per image, int32 [n, 2]. Up to
            rounding, a result depends only on its image and its own seed, or on a
            common seed and its index, and not on the other images.
          num_particles: number of draws of each image, weighted by the likelihood of
            the known values and resampled.
          label: class of each image, integers [n], or None.

        Returns:
          (x~, x), each [n, ...event_shape] in the dtype of `images`; the known values
          of x are returned bit for bit.

        Raises:
          ValueError: arguments do not fit, or a stage is not autoregressive.
        """
        return self.inpaint_particles(
            images, mask, seed=seed, num_particles=num_particles, label=label
        )[:2]

    def inpaint_any_class(
        self,
        images: tf.Tensor,
        mask: tf.Tensor,
        log_frequencies: tf.Tensor,
        *,
        seed: int | tf.Tensor,
        num_particles: int,
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Draws (x~, x, y) given the known values of x, for an unknown class y.

        Every particle has a class of its own, from the frequencies pi of the classes,
        so that the known values choose among them. A class that no particle has is
        never drawn, and a single particle's class does not depend on the known values.

        Args:
          images: as for `inpaint`, as are `mask` and `seed`.
          mask: 1 for known, 0 for missing values.
          log_frequencies: log pi, floating [num_classes].
          seed: integer, int32 [2], or int32 [n, 2].
          num_particles: number of draws of each image; several times num_classes.

        Returns:
          (x~, x, y): x~ and x as `inpaint` returns them, y int32 [n].

        Raises:
          ValueError: as `inpaint`, or no stage is class-conditional.
        """
        x_smoothed, x, label, _ = self.inpaint_particles(
            images,
            mask,
            seed=seed,
            num_particles=num_particles,
            log_frequencies=log_frequencies,
        )
        return x_smoothed, x, label

    def inpaint_particles(
        self,
        images: tf.Tensor,
        mask: tf.Tensor,
        *,
        seed: int | tf.Tensor,
        num_particles: int,
        label: tf.Tensor | None = None,
        log_frequencies: tf.Tensor | None = None,
    ) -> Inpainting:
        """Inpaints, and returns each image's effective number of particles as well.

        The arguments are those of `inpaint`, or of `inpaint_any_class`.
        """
        if log_frequencies is not None and self.num_classes is None:
            raise ValueError("`inpaint_any_class` needs class-conditional models.")
        check_stages(self.smoothed, self.reverse)
        images = tf.convert_to_tensor(images)
        images, known = prepare_images(images, mask, num_particles, self.event_shape)
        seeds = example_seeds(seed, tf.shape(images)[0])
        num_particles = int(num_particles)
        if log_frequencies is None:
            check_given(label, self.num_classes)
            if label is not None and self.num_classes is not None:
                label = check_label(label, self.num_classes)
                label = repeat_particles(label, num_particles)
        else:
            log_frequencies = tf.convert_to_tensor(log_frequencies, tf.float32)
            label = draw_classes(log_frequencies, seeds, num_particles)
        return self._inpaint(images, known, seeds, label, num_particles)

    @tf.function(reduce_retracing=True, autograph=False)
    def _inpaint(self, images, known, seeds, label, num_particles):
        return inpaint_two_stage(
            self.smoothing,
            self.smoothed,
            self.reverse,
            images,
            known,
            seeds,
            num_particles,
            label,
        )

    @property
    def has_single_step(self) -> bool:
        """Whether single-step denoising is defined for this smoothing."""
        return self.smoothing.single_step_gain is not None

    def bound_terms(
        self, x: tf.Tensor, x_smoothed: tf.Tensor, label: tf.Tensor | None = None
    ) -> BoundTerms:
        """Computes the three terms of the bound, all at the same x~.

        log p(x) >= E_q(x~|x)[ log p(x~) + log p(x | x~) - log q(x~ | x) ]. The noise
        does not depend on the class, so with labels the same holds for log p(x | y).

        Args:
          x: floating [batch, ...event_shape]; float64 for reports.
          x_smoothed: sample of q(x~ | x), of the shape and dtype of `x`.
          label: class of each x, integers [batch], or None.

        Returns:
          BoundTerms in nats, in the dtype of `x`.
        """
        of_smoothed = Condition(label=self._label_of(self.smoothed, label))
        of_reverse = self.reverse_condition(x_smoothed, label)
        return BoundTerms(
            log_smoothed=self.smoothed.log_prob(x_smoothed, of_smoothed),
            log_reverse=self.reverse.log_prob(x, of_reverse),
            log_noise=self.smoothing.distribution(x).log_prob(x_smoothed),
        )

    def _label_of(
        self, model: DensityModel, label: tf.Tensor | None
    ) -> tf.Tensor | None:
        """Returns the labels if a model takes them.

        Raises:
          ValueError: labels are missing, or no model takes them.
        """
        check_given(label, self.num_classes)
        return None if model.num_classes is None else label
