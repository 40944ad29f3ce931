"""Drawing samples from the trained models of a run."""

from typing import Any

import numpy as np

from smoothing_tf.models.single_step import single_step_denoise
from smoothing_tf.models.trained import Trained, check_trained
from smoothing_tf.parts import Parts
from smoothing_tf.sampling.batches import in_batches
from smoothing_tf.sampling.kinds import CAPTIONS
from smoothing_tf.sampling.labels import LABEL, choose_labels, sample_of
from smoothing_tf.seeds import derive_seed, example_seeds
from smoothing_tf.settings import check_count

# The gradient of an image holds on to its features in every layer.
_GRADIENT_BATCH_SIZE = 10


def draw_samples(
    trained: Trained,
    num_samples: int,
    *,
    seed: int,
    label: Any = None,
    gradient: str = "exact",
    progress: bool = False,
    parts: Parts | None = None,
) -> dict[str, np.ndarray]:
    """Draws samples of every kind that the trained stages give.

    The stage smoothed gives "smoothed", x~ ~ p(x~), and with Gaussian smoothing
    "single_step", an estimate of E[x | x~]; with the stage reverse there are
    "samples", x ~ p(x | x~). The baseline gives "baseline". With a class-conditional
    model there is "label", the class of each sample, which all kinds share.

    Args:
      trained: the trained models.
      num_samples: number of samples of each kind. The first samples do not depend
        on how many follow.
      seed: the run's seed.
      label: class of all samples, an integer, or of each, integers [num_samples]; None
        draws classes from their frequencies in the training data.
      gradient: gradient behind the single step; see `single_step_denoise`.
      progress: whether to show a progress bar.
      parts: stores the samples as they are drawn; None stores nothing.

    Returns:
      kind -> float32 [num_samples, ...event_shape], images on [-1, 1]; float64 in raw
      units for models of standardized data.
      "label" is int32 [num_samples].
      Nothing if `num_samples` is 0 or the stage reverse alone is trained.

    Raises:
      TypeError: `trained` is something else.
      ValueError: `num_samples` is no integer, or negative; a label is no class, or no
        model takes labels.
    """
    check_trained(trained)
    check_count("num_samples", num_samples, minimum=0)

    labels = choose_labels(trained, label, num_samples, seed)

    def draw(seeds, *labels):
        drawn, batch_size = {}, seeds.shape[0]
        label = labels[0] if labels else None
        if trained.smoothed is not None:
            own_seeds = derive_seed(seeds, "smoothed samples")
            drawn["smoothed"] = sample_of(
                trained.smoothed, batch_size, label, own_seeds
            )
        if trained.has_two_stage:
            two_stage = trained.two_stage
            drawn["samples"] = two_stage.denoise(
                drawn["smoothed"],
                seed=derive_seed(seeds, "two-step samples"),
                label=None if two_stage.num_classes is None else label,
            )
        if trained.baseline is not None:
            own_seeds = derive_seed(seeds, "baseline samples")
            drawn["baseline"] = sample_of(
                trained.baseline, batch_size, label, own_seeds
            )
        return drawn

    seeds = example_seeds(derive_seed(seed, "evaluation samples"), num_samples)
    given = () if labels is None else (labels,)
    drawn = in_batches(draw, seeds.numpy(), *given, progress=progress, parts=parts)
    if "smoothed" in drawn:
        drawn |= single_steps(
            trained,
            drawn["smoothed"],
            gradient,
            progress=progress,
            parts=parts,
            label=labels,
        )
    drawn = {kind: drawn[kind] for kind in CAPTIONS if kind in drawn}
    drawn = trained.to_data_scale(drawn)
    return drawn if labels is None or not drawn else drawn | {LABEL: labels}


def single_steps(
    trained: Trained,
    x_smoothed: np.ndarray,
    gradient: str,
    *,
    progress: bool,
    parts: Parts | None = None,
    label: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Estimates E[x | x~] of many examples in a single step, where it is defined.

    Args:
      trained: the trained models.
      x_smoothed: float32 [n, ...event_shape].
      gradient: gradient behind the step; see `single_step_denoise`.
      progress: whether to show a progress bar.
      parts: stores the estimates as they are made; None stores nothing.
      label: class of each x~, integers [n], for class-conditional models.

    Returns:
      "single_step" -> float32 [n, ...event_shape]; nothing unless the stage smoothed is
      trained and the smoothing is Gaussian.
    """
    smoothing, smoothed = trained.smoothing, trained.smoothed
    if smoothed is None or smoothing.single_step_gain is None:
        return {}

    def denoise(x_smoothed, *labels):
        estimate = single_step_denoise(
            smoothing, smoothed, x_smoothed, gradient, *labels
        )
        return {"single_step": estimate}

    takes_labels = smoothed.num_classes is not None
    given = (label,) if takes_labels and label is not None else ()
    return in_batches(
        denoise,
        x_smoothed,
        *given,
        progress=progress,
        batch_size=_GRADIENT_BATCH_SIZE,
        label="single steps",
        parts=parts,
    )
