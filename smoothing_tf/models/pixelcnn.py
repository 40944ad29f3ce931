"""PixelCNN: masked convolutions over the pixels drawn so far."""

import tensorflow as tf

from smoothing_tf.layers import make_class_bias
from smoothing_tf.models.pixelcnn_config import PixelCNNConfig
from smoothing_tf.models.subpixel_model import SubpixelModel

# The rows of 7x7 and 3x3 windows that the masks do not remove.
_FIRST_KERNEL = (4, 7)
_KERNEL = (2, 3)


class PixelCNN(SubpixelModel):
    """One stack of masked convolutions; sub-pixels in raster order.

      h = conv7x7_A(x)
      h = h + conv1x1(relu(conv3x3(relu(conv1x1(relu(h)))))), num_blocks times, type B
      parameters = head(relu(conv1x1(relu(conv1x1(relu(h))))))

    It has a blind spot: a masked 3x3 window reaches one more column to the right for
    each row above, so pixels above and further to the right are never seen.
    `GatedPixelCNN` sees them. A class has biases in the 3x3 convolution of each block.

    Args:
      config: hyper-parameters.
      event_shape: (height, width, channels) of any size.
      num_levels: number of levels of discrete data, or None for a continuous density.
      takes_x_smoothed: whether the density is conditional on x~.
      num_classes: number of classes; None for a density that takes no labels.
      seed: seed of the initial weights, integer or int32 [2].
      **kwargs: `name` and `dtype` of `keras.Model`.

    Raises:
      ValueError: the network does not fit the image.

    Reference: van den Oord et al., "Pixel Recurrent Neural Networks", ICML 2016.
    """

    def __init__(
        self,
        config: PixelCNNConfig,
        event_shape: tuple[int, int, int],
        num_levels: int | None = None,
        takes_x_smoothed: bool = False,
        num_classes: int | None = None,
        seed: int | tf.Tensor = 0,
        **kwargs,
    ):
        super().__init__(
            config, event_shape, num_levels, takes_x_smoothed, num_classes, **kwargs
        )
        filters = config.num_filters
        narrow, wide = self.degrees(filters), self.degrees(2 * filters)
        self.first = self.masked_conv(
            _FIRST_KERNEL,
            "raster",
            self.degrees(event_shape[-1]),
            wide,
            reads_image=True,
        )
        blocks = range(config.num_blocks)
        self.reduce = [self.pointwise(wide, narrow) for _ in blocks]
        self.convs = [
            self.masked_conv(
                _KERNEL,
                "raster",
                narrow,
                narrow,
                class_bias=make_class_bias(
                    num_classes, filters, dtype=self.dtype_policy
                ),
            )
            for _ in blocks
        ]
        # Blocks start close to the identity.
        self.expand = [self.pointwise(narrow, wide, gain=0.1) for _ in blocks]
        self.build_output_layers([2 * filters] * 3)
        if takes_x_smoothed:
            self.build_context_encoder(first_index=config.num_blocks)
            of_smoothed = self.unordered(filters)
            self.inject = [self.pointwise(of_smoothed, narrow) for _ in blocks]
        self.built = True
        self.initialize(seed)

    def above(self, x, features, view):
        """Computes the term of x~ for each block; there is no vertical stream."""
        del x
        if features is None:
            return [None] * self.config.num_blocks
        x_smoothed = view.crop(features)
        return [layer(x_smoothed, view=view) for layer in self.inject]

    def params(self, x, above, view):
        h = self.first(x, view=view)
        blocks = zip(self.reduce, self.convs, self.expand, above, strict=True)
        for index, (reduce, conv, expand, term) in enumerate(blocks):
            hidden = tf.nn.relu(reduce(tf.nn.relu(h), view=view))
            hidden = conv(hidden, view=view)
            if term is not None:
                hidden += view.crop(term)
            hidden = view.dropout(tf.nn.relu(hidden), index)
            h += expand(hidden, view=view)
        return self.outputs(h, view)
