"""Real digits as images and labels, and a Frechet distance of two feature sets."""

import numpy as np
import sklearn.datasets

from smoothing_tf.evaluation.frechet import MomentsAccumulator, frechet_distance


def digits() -> tuple[np.ndarray, np.ndarray]:
    """uint8 [1797, 8, 8, 1] in random order, and their classes."""
    data = sklearn.datasets.load_digits()
    order = np.random.Generator(np.random.PCG64(0)).permutation(len(data.target))
    images = np.rint(data.images * (255.0 / 16.0)).astype(np.uint8)[..., None]
    return images[order], data.target[order]


def moments_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Frechet distance of two sets of features."""
    return frechet_distance(
        *MomentsAccumulator().update(x).finalize(),
        *MomentsAccumulator().update(y).finalize(),
    )
