"""Tiny models of every family, to be exported."""

import dataclasses

import tensorflow as tf

from smoothing_tf.models import build_model
from smoothing_tf.models.classes import Classes
from smoothing_tf.models.gated_pixelcnn_config import GatedPixelCNNConfig
from smoothing_tf.models.made_config import MADEConfig
from smoothing_tf.models.pixelcnn_config import PixelCNNConfig
from smoothing_tf.models.pixelcnnpp import PixelCNNppConfig
from smoothing_tf.models.realnvp_config import RealNVPConfig
from smoothing_tf.models.trained import Trained
from smoothing_tf.smoothing import Gaussian

NUM_LEVELS = 17
NUM_CLASSES = 3
_CONFIGS = {
    "made": MADEConfig(hidden_units=(16,), num_mixtures=2),
    "realnvp": RealNVPConfig(num_couplings=2, hidden_units=(8,)),
    "pixelcnn": PixelCNNConfig(num_blocks=1, num_filters=6, num_mixtures=2),
    "gated_pixelcnn": GatedPixelCNNConfig(num_layers=2, num_filters=4, num_mixtures=2),
    "pixelcnnpp": PixelCNNppConfig(num_resnet=1, num_filters=4, num_mixtures=2),
}


def served_model(
    family, event_shape=(4, 4, 1), *, stages=("smoothed", "reverse"), classes=False
):
    """Builds the stages of a family; with classes, a class moves what they model."""
    num_levels = NUM_LEVELS if len(event_shape) == 3 else None
    num_classes = NUM_CLASSES if classes else None
    models = {}
    for index, stage in enumerate(stages):
        model = build_model(
            family,
            _CONFIGS[family],
            stage=stage,
            event_shape=event_shape,
            num_levels=num_levels,
            num_classes=num_classes,
            seed=4 + index,
        )
        for number, weight in enumerate(model.weights):
            if classes and not tf.reduce_any(weight.value != 0.0):
                # The biases of classes begin at zero.
                noise = tf.random.stateless_normal(weight.shape, [number, 7])
                # The values of an untrained PixelCNN++ grow from pixel to pixel.
                scale = 0.05 if family == "pixelcnnpp" else 0.2
                weight.assign(scale * noise)
        models[stage] = model
    trained = Trained(smoothing=Gaussian(0.3), num_levels=num_levels, **models)
    if not classes:
        return trained
    known = Classes(("cat", "dog", "owl"), (0.5, 0.5, 0.0))
    return dataclasses.replace(trained, classes=known)
