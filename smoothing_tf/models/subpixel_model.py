"""Image models that also order the channels of a pixel: R, then G, then B."""

from typing import Any

import numpy as np
import tensorflow as tf

from smoothing_tf.layers import (
    CausalConv,
    ContextEncoder,
    FullView,
    MaskedKernel,
    PointwiseConv,
    TrainingView,
    channel_mask,
    raster_mask,
)
from smoothing_tf.models.causal_image_model import CausalImageModel
from smoothing_tf.models.heads import make_head


class SubpixelModel(CausalImageModel):
    """p(x) = prod p(x_ijc | pixels before, x_ij<c): masks down to the sub-pixel.

    Features form one group per channel. Of its own pixel, group c sees only channels
    before c: the first layer has a mask of type A, which excludes channel c, and later
    layers have masks of type B, which include group c. The same holds for the
    parameters of channel c.

    An unmasked encoder computes features of x~, all of which is known. Its
    layers are weight-normalized and standardize their outputs on a first batch.

    Args:
      config: hyper-parameters, among them `head`, `num_mixtures`, `dropout` and
        `num_filters`, which is a multiple of the number of channels.
      event_shape: (height, width, channels) of any size.
      num_levels: number of levels of discrete data, or None for a continuous density.
      takes_x_smoothed: whether the density is conditional on x~.
      num_classes: number of classes; None for a density that takes no labels.
      **kwargs: `name` and `dtype` of `keras.Model`.

    Raises:
      ValueError: the network does not fit the image.

    Reference: van den Oord et al., "Pixel Recurrent Neural Networks", ICML 2016,
    section 3.
    """

    def __init__(
        self,
        config: Any,
        event_shape: tuple[int, int, int],
        num_levels: int | None,
        takes_x_smoothed: bool,
        num_classes: int | None,
        **kwargs,
    ):
        head = make_head(config.head, 1, config.num_mixtures, num_levels)
        if len(event_shape) != 3:
            raise ValueError(
                "`event_shape` must be (height, width, channels) for a PixelCNN; got"
                f" {tuple(event_shape)}."
            )
        num_channels, num_filters = event_shape[-1], config.num_filters
        if num_filters % num_channels:
            nearest = max(1, round(num_filters / num_channels)) * num_channels
            raise ValueError(
                f"`num_filters` must be a multiple of the {num_channels} channels of"
                f" the image; got {num_filters}. Try {nearest}."
            )
        super().__init__(event_shape, 1, head, takes_x_smoothed, num_classes, **kwargs)
        self.config = config

    def initialize(self, seed: int | tf.Tensor) -> None:
        """Draws the weights; the head starts near evenly spread mixtures."""
        super().initialize(seed)
        bias = self.head.spread_bias()
        self.output_layers[-1].weight.bias.assign(np.tile(bias, self.event_shape[-1]))

    def make_view(self, dropout_seed, classes=None):
        if dropout_seed is None:
            return FullView(classes)
        return TrainingView(dropout_seed, self.config.dropout, classes=classes)

    def inputs(self, x):
        return tf.cast(x, self.compute_dtype)

    def features(self, x_smoothed, view):
        (features,) = self.context_encoder(self.inputs(x_smoothed), view=view)
        return features

    def degrees(self, num_features: int) -> np.ndarray:
        """Maps each of `num_features` features to its channel, int [num_features]."""
        num_channels = self.event_shape[-1]
        return np.repeat(np.arange(num_channels), num_features // num_channels)

    def unordered(self, num_features: int) -> np.ndarray:
        """Returns degree -1, of features that see nothing of x in their own pixel."""
        return np.full(num_features, -1)

    def masked_conv(self, kernel_size, reach, in_degrees, out_degrees, **kwargs):
        """Makes a convolution of type B, or of type A if it `reads_image`."""
        is_first = kwargs.get("reads_image", False)
        mask = raster_mask(kernel_size, reach, in_degrees, out_degrees, is_first)
        return self.convolution(mask, reach, **kwargs)

    def convolution(self, mask, reach, **kwargs):
        """Makes a convolution with a masked kernel."""
        weight = MaskedKernel(mask, dtype=self.dtype_policy)
        return CausalConv(weight, reach, dtype=self.dtype_policy, **kwargs)

    def pointwise(self, in_degrees, out_degrees, gain=1.0, dtype=None):
        """Makes a 1x1 convolution of type B; `dtype` defaults to the model's own."""
        mask = channel_mask(in_degrees, out_degrees)
        dtype = dtype or self.dtype_policy
        return PointwiseConv(MaskedKernel(mask, gain=gain, dtype=dtype), dtype=dtype)

    def build_context_encoder(self, first_index: int) -> None:
        """Makes the encoder of x~.

        Args:
          first_index: dropout index that the other layers do not use.
        """
        self.context_encoder = ContextEncoder(
            self.event_shape[-1],
            self.config.num_filters,
            num_resolutions=1,
            first_index=first_index,
            dtype=self.dtype_policy,
        )

    def build_output_layers(self, widths: list[int]) -> None:
        """Makes 1x1 layers between features of these widths, and that of the head."""
        degrees = [*map(self.degrees, widths)]
        head_degrees = np.repeat(np.arange(self.event_shape[-1]), self.head.num_params)
        self.output_layers = [
            *map(self.pointwise, degrees[:-1], degrees[1:]),
            # The parameters start close to the bias. Locations need more digits than
            # bfloat16 has.
            self.pointwise(
                degrees[-1], head_degrees, gain=0.1, dtype=self.variable_dtype
            ),
        ]

    def outputs(self, x, view):
        """Applies ReLU and 1x1 layers: features -> parameters of sub-pixels."""
        for layer in self.output_layers:
            x = layer(tf.nn.relu(x), view=view)
        num_channels = self.event_shape[-1]
        if num_channels == 1:
            return x
        size = [num_channels, self.head.num_params]
        return tf.reshape(x, tf.concat([tf.shape(x)[:-1], size], axis=0))
