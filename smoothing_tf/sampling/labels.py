"""The classes that samples of class-conditional models are drawn for."""

from typing import Any

import numpy as np
import tensorflow as tf

from smoothing_tf.models.classes import as_labels
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.trained import Trained
from smoothing_tf.sampling.batches import in_batches
from smoothing_tf.seeds import derive_seed, example_seeds, per_example

# Name of the labels among the arrays of samples.
LABEL = "label"


def choose_labels(
    trained: Trained, label: Any, num_samples: int, seed: int
) -> np.ndarray | None:
    """Checks given labels, or draws them from the training frequencies.

    Args:
      trained: the trained models.
      label: an integer for all samples, integers [num_samples], or None.
      num_samples: number of samples.
      seed: seed of the labels. The first ones do not depend on how many follow.

    Returns:
      int32 [num_samples]; None if no model takes labels.

    Raises:
      ValueError: a label is no class, or no model takes labels.
    """
    num_classes = trained.num_classes
    if num_classes is None:
        if label is not None:
            raise ValueError(
                "`label` must be None, since no model of this run is class-conditional;"
                " train with --class_conditional, or drop it."
            )
        return None
    if label is not None:
        return as_labels(label, num_samples, num_classes)
    logits = tf.constant(trained.classes.log_frequencies(num_classes), tf.float32)
    seeds = example_seeds(derive_seed(seed, "sampled labels"), num_samples)
    labels = per_example(
        lambda seed: _draw_label(logits, seed), "label", seeds, dtype=tf.int32
    )
    return labels.numpy()


def check_takes_class(class_: str, num_classes: int | None, models: str) -> int:
    """Checks that `--class` has an effect, and returns the number of classes.

    Args:
      class_: the value of the flag.
      num_classes: number of classes; None for models that take no labels.
      models: the models, for the error message.

    Raises:
      ValueError: no model is class-conditional.
    """
    if num_classes is None:
        raise ValueError(
            f"`--class` needs a class-conditional model; got {class_!r} for {models}"
            " without one. Drop it, or train with --class_conditional."
        )
    return num_classes


def infer_labels(
    trained: Trained, x_smoothed: np.ndarray, seeds: np.ndarray, *, progress: bool
) -> np.ndarray:
    """Draws y ~ p(y | x~), which is proportional to pi_y p(x~ | y).

    Args:
      trained: models with both stages, one of them class-conditional. If p(x~) takes no
        labels, x~ says nothing about y: labels are drawn from the frequencies pi.
      x_smoothed: float32 [n, ...event_shape].
      seeds: one seed per example, int32 [n, 2].
      progress: whether to show a progress bar.

    Returns:
      int32 [n].
    """
    smoothed, num_classes = trained.two_stage.smoothed, trained.num_classes
    assert num_classes is not None
    prior = tf.constant(trained.classes.log_frequencies(num_classes), tf.float32)

    def infer(x_smoothed, seeds):
        logits = tf.repeat(prior[None], tf.shape(x_smoothed)[0], axis=0)
        if smoothed.num_classes is not None:
            logits += log_prob_of_classes(smoothed, x_smoothed)
        labels = per_example(_draw_label, "label", seeds, logits, dtype=tf.int32)
        return {LABEL: labels}

    drawn = in_batches(infer, x_smoothed, seeds, progress=progress, label="classes")
    return drawn[LABEL]


def log_prob_of_classes(model: DensityModel, x: tf.Tensor) -> tf.Tensor:
    """Computes log p(x | y) for every class y of a model that takes only labels.

    Args:
      model: class-conditional model that does not take x~.
      x: floating [batch, ...event_shape].

    Returns:
      [batch, num_classes] in nats.
    """

    def of_class(label):
        labels = tf.repeat(label[None], tf.shape(x)[0], axis=0)
        return model.log_prob(x, Condition(label=labels))

    # One graph for all classes.
    by_class = tf.map_fn(
        of_class, tf.range(model.num_classes), fn_output_signature=x.dtype
    )
    return tf.transpose(by_class)


def sample_of(
    model: DensityModel, num_samples: int, label: tf.Tensor | None, seed: tf.Tensor
) -> tf.Tensor:
    """Draws from a model that does not take x~, for labels [num_samples] if it can."""
    if model.num_classes is None:
        return model.sample(num_samples, seed=seed)
    return model.sample(1, Condition(label=label), seed=seed)[0]


def _draw_label(logits: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Draws a class, int32 [1], from unnormalized logits [num_classes]."""
    return tf.random.stateless_categorical(logits[None], 1, seed, tf.int32)[0]
