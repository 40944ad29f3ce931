"""Class-conditional models of two dimensions whose classes lie far apart."""

import numpy as np

from smoothing_tf.models import MADE, MADEConfig
from smoothing_tf.models.classes import Classes
from smoothing_tf.models.trained import Trained
from smoothing_tf.smoothing import Gaussian

CENTERS = np.array([-6.0, 0.0, 6.0], np.float32)
CLASSES = Classes(("low", "middle", "high"), (0.5, 0.5, 0.0))
_CONFIG = MADEConfig(hidden_units=(), num_mixtures=1)
# Where a pair of dimensions has its locations among the parameters.
_IS_LOCATION = np.array([0.0, 1.0, 0.0])


def class_model(
    takes_x_smoothed: bool = False, num_classes: int | None = 3, seed: int = 0
) -> MADE:
    """A logistic in each of two dimensions, around the center of the class."""
    model = MADE(_CONFIG, (2,), None, takes_x_smoothed, num_classes, seed)
    for layer in (model.output_layer, model.skip):
        layer.kernel.assign(0.0 * layer.kernel)
    if takes_x_smoothed:
        around = np.kron(np.eye(2), _IS_LOCATION)
        model.smoothed_layers[-1].kernel.assign(around)
    bias = np.tile([0.0, 0.0, np.log(0.3)], 2)
    model.output_layer.bias.assign(bias)
    if num_classes is not None:
        # With x~, the density is already around it.
        centers = (0.1 if takes_x_smoothed else 1.0) * CENTERS[:num_classes, None]
        table = np.tile(centers * _IS_LOCATION, 2)
        model.class_biases[-1].table.assign(table)
    return model


def class_trained(
    smoothed: int | None = 3, reverse: int | None = 3, baseline: bool = False
) -> Trained:
    """Both stages, with a number of classes each, and perhaps a baseline."""
    return Trained(
        smoothing=Gaussian(0.3),
        num_levels=None,
        classes=CLASSES,
        smoothed=class_model(num_classes=smoothed),
        reverse=class_model(True, reverse),
        baseline=class_model() if baseline else None,
    )
