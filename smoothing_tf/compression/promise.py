"""The size that the likelihood promises."""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from smoothing_tf.compression.block import class_shares
from smoothing_tf.compression.config import BASELINE
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.trained import Trained
from smoothing_tf.numerics import levels_to_unit
from smoothing_tf.seeds import derive_seed
from smoothing_tf.smoothing.noise_stream import NoiseStream


class Promise(NamedTuple):
    """The size that the likelihood promises.

    Attributes:
      bits: bits of all images together, those of the labels included.
      standard_error: standard deviation, at most, of what another draw of x~ for each
        image would change in it; 0 without x~, infinity for a single image.
    """

    bits: float
    standard_error: float


def promised_bits(
    trained: Trained,
    stage: str,
    x: np.ndarray,
    *,
    label: np.ndarray | None = None,
    seed: int = 0,
    batch_size: int = 100,
) -> Promise:
    """Computes the code length of images by passes over whole images.

    The sampler's walk, by which images are coded, gives the same up to rounding. If it
    does not, the likelihood is not that of the samples: a mask leaks, for example.

    Args:
      trained: the trained models.
      stage: BASELINE for -log2 P(x); else the bound, at one draw of x~ for each image.
      x: levels, integers [n, ...event_shape].
      label: class of each image, int32 [n], if a model takes it.
      seed: seed of the draws of x~.
      batch_size: images of a pass.
    """
    num_levels, baseline = trained.num_levels, trained.baseline
    assert num_levels is not None
    noise_seed = derive_seed(seed, "promised noise")

    @tf.function(autograph=False, reduce_retracing=True)
    def log_prob(x, first, label):
        if stage == BASELINE:
            assert baseline is not None
            return baseline.log_prob(x, Condition(label=label))
        stream = NoiseStream(noise_seed, first)
        x_smoothed = trained.smoothing.sample(x, stream)
        return trained.two_stage.bound_terms(x, x_smoothed, label).log_weight()

    nats = []
    for first in range(0, len(x), batch_size):
        rows = slice(first, first + batch_size)
        unit = levels_to_unit(x[rows], num_levels, tf.float64)
        own = None if label is None else tf.constant(label[rows], tf.int32)
        nats.append(-np.asarray(log_prob(unit, tf.constant(first), own), np.float64))
    own_bits = np.concatenate(nats) / math.log(2.0)
    error = 0.0
    if stage != BASELINE:
        # The images differ too, so that this is more than the draws of x~ explain.
        error = math.inf
        if len(x) > 1:
            error = float(np.std(own_bits, ddof=1) * math.sqrt(len(x)))
    total = float(np.sum(own_bits))
    if label is not None and trained.num_classes is not None:
        shares = class_shares(trained.classes, trained.num_classes)
        total -= float(np.sum(np.log2(shares[label])))
    return Promise(total, error)
