"""Layers of the models."""

from smoothing_tf.layers.activations import concat_elu, elu, sigmoid, tanh
from smoothing_tf.layers.causal_conv import (
    CausalConv,
    CausalConvTranspose,
    PointwiseConv,
    SkipConv,
)
from smoothing_tf.layers.context_encoder import ContextEncoder
from smoothing_tf.layers.coupling import AffineCoupling
from smoothing_tf.layers.dropout import dropout
from smoothing_tf.layers.gated_resnet import GatedResnet
from smoothing_tf.layers.masked_dense import MaskedDense
from smoothing_tf.layers.masked_kernel import (
    MaskedKernel,
    channel_mask,
    raster_mask,
)
from smoothing_tf.layers.pixel_view import Pixel
from smoothing_tf.layers.row_view import Row, pushed, row_terms
from smoothing_tf.layers.views import Full, Initializing, View
from smoothing_tf.layers.weight_norm import WeightNormKernel

__all__ = [
    "AffineCoupling",
    "CausalConv",
    "CausalConvTranspose",
    "ContextEncoder",
    "Full",
    "GatedResnet",
    "Initializing",
    "MaskedDense",
    "MaskedKernel",
    "Pixel",
    "PointwiseConv",
    "Row",
    "SkipConv",
    "View",
    "WeightNormKernel",
    "channel_mask",
    "concat_elu",
    "dropout",
    "elu",
    "pushed",
    "raster_mask",
    "row_terms",
    "sigmoid",
    "tanh",
]
