"""Layers of the models."""

from smoothing_tf.layers.activations import concat_elu, elu, sigmoid, tanh
from smoothing_tf.layers.causal_conv import (
    CausalConv,
    CausalConvTranspose,
    PointwiseConv,
    SkipConv,
)
from smoothing_tf.layers.class_bias import ClassBias, make_class_bias, over_pixels
from smoothing_tf.layers.context_encoder import ContextEncoder
from smoothing_tf.layers.coupling import AffineCoupling
from smoothing_tf.layers.dropout import dropout
from smoothing_tf.layers.far_levels import FarLevels
from smoothing_tf.layers.full_view import FullView
from smoothing_tf.layers.gated_resnet import GatedResnet
from smoothing_tf.layers.initializing_view import InitializingView
from smoothing_tf.layers.joined_rows import JoinedRows
from smoothing_tf.layers.masked_dense import MaskedDense
from smoothing_tf.layers.masked_kernel import (
    MaskedKernel,
    channel_mask,
    raster_mask,
)
from smoothing_tf.layers.pixel_view import PixelView
from smoothing_tf.layers.row_view import (
    RowView,
    append_row,
    tensors_of,
    terms_from_above,
)
from smoothing_tf.layers.split_weights import SplitWeights
from smoothing_tf.layers.training_view import TrainingView
from smoothing_tf.layers.view import View
from smoothing_tf.layers.weight_norm import WeightNormKernel

__all__ = [
    "AffineCoupling",
    "CausalConv",
    "CausalConvTranspose",
    "ClassBias",
    "ContextEncoder",
    "FarLevels",
    "FullView",
    "GatedResnet",
    "InitializingView",
    "JoinedRows",
    "MaskedDense",
    "MaskedKernel",
    "PixelView",
    "PointwiseConv",
    "RowView",
    "SkipConv",
    "SplitWeights",
    "TrainingView",
    "View",
    "WeightNormKernel",
    "append_row",
    "channel_mask",
    "concat_elu",
    "dropout",
    "elu",
    "make_class_bias",
    "over_pixels",
    "raster_mask",
    "sigmoid",
    "tanh",
    "tensors_of",
    "terms_from_above",
]
