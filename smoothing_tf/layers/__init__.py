"""Layers of the models."""

from smoothing_tf.layers.context_encoder import ContextEncoder
from smoothing_tf.layers.coupling import AffineCoupling
from smoothing_tf.layers.gated_resnet import GatedResnet, concat_elu
from smoothing_tf.layers.masked_dense import MaskedDense
from smoothing_tf.layers.shifted_conv import (
    PointwiseConv,
    ShiftedConv,
    ShiftedConvTranspose,
    shift_down,
    shift_right,
)
from smoothing_tf.layers.weight_norm import WeightNormKernel

__all__ = [
    "AffineCoupling",
    "ContextEncoder",
    "GatedResnet",
    "MaskedDense",
    "PointwiseConv",
    "ShiftedConv",
    "ShiftedConvTranspose",
    "WeightNormKernel",
    "concat_elu",
    "shift_down",
    "shift_right",
]
