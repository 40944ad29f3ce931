"""The Inception Score of class logits."""

from typing import NamedTuple

import numpy as np
import scipy.special

from smoothing_tf.data.subsets import subset_indices
from smoothing_tf.evaluation.pairwise import check_features


class InceptionScore(NamedTuple):
    """An Inception Score: mean and standard deviation (ddof = 0) over the splits."""

    mean: float
    std: float


def inception_score(
    logits: np.ndarray, *, num_splits: int = 10, contiguous: bool = False
) -> InceptionScore:
    """exp( E_x KL( p(y|x) || p(y) ) ) over random splits, in float64.

    The rows are first permuted in a fixed way, so that every split sees every class
    even if the data are sorted by class.

    Args:
      logits: [n, num_classes]; p(y|x) is their softmax.
      num_splits: splits of nearly equal size, each with its own p(y).
      contiguous: whether to split the rows in the order given, as other tools do. Use
        it to compare with them, on rows in random order only.

    Returns:
      InceptionScore; between 1 and num_classes, higher is better.

    Raises:
      ValueError: fewer rows than splits, or values that are not finite.

    Reference: Salimans et al., "Improved techniques for training GANs",
    NeurIPS 2016.
    """
    (logits,) = check_features(logits=logits)
    n = len(logits)
    if n < num_splits:
        raise ValueError(
            f"`logits` must have at least {num_splits} rows, one per split; got {n}."
        )
    log_probs = scipy.special.log_softmax(logits, axis=1)
    if not contiguous:
        log_probs = log_probs[subset_indices(n)]
    bounds = [split * n // num_splits for split in range(num_splits + 1)]
    scores = [_score(log_probs[start:stop]) for start, stop in zip(bounds, bounds[1:])]
    return InceptionScore(float(np.mean(scores)), float(np.std(scores)))


def _score(log_probs: np.ndarray) -> float:
    log_marginal = scipy.special.logsumexp(log_probs, axis=0) - np.log(len(log_probs))
    divergences = np.sum(np.exp(log_probs) * (log_probs - log_marginal), axis=1)
    return np.exp(np.mean(divergences))
