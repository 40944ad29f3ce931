"""The published form of p(x | x~): one unconditional network over [x~, x]."""

from collections.abc import Iterator

import tensorflow as tf

from smoothing_tf.layers import WeightNormKernel
from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.pixelcnnpp.config import PixelCNNppConfig
from smoothing_tf.models.pixelcnnpp.pixelcnnpp import PixelCNNpp
from smoothing_tf.models.raster_sampler import RasterSampler


class StackedPixelCNNpp(AutoregressiveModel):
    """PixelCNN++ of an image of double height, x~ above x, scored on the lower half.

    All of x~ comes before x in raster order, so every pixel of x sees it. There is no
    layer and no parameter for x~.

    Args:
      config: hyper-parameters of the network.
      event_shape: (height, width, channels) of x, with height a multiple of 2, width
        a multiple of 4 and 1 or 3 channels.
      num_levels: number of levels of discrete data, or None for a continuous density;
        x~ is always continuous.
      num_classes: number of classes; None for a density that takes no labels.
      seed: seed of the initial weights, integer or int32 [2].
      **kwargs: `name` and `dtype` of `keras.Model`.

    Raises:
      ValueError: the network does not fit the image.

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021, the authors' code.
    """

    def __init__(
        self,
        config: PixelCNNppConfig,
        event_shape: tuple[int, int, int],
        num_levels: int | None = None,
        num_classes: int | None = None,
        seed: int | tf.Tensor = 0,
        **kwargs,
    ):
        if len(event_shape) != 3 or event_shape[0] % 2 or event_shape[1] % 4:
            raise ValueError(
                "`event_shape` must be (height, width, channels) for PixelCNN++ with"
                " conditioning 'stacked', with height a multiple of 2 and width a"
                f" multiple of 4; got {tuple(event_shape)}."
            )
        height, width, num_channels = event_shape
        # Keras sets `dtype_policy` only in super().__init__, which needs the network.
        network = PixelCNNpp(
            config,
            (2 * height, width, num_channels),
            num_levels,
            num_classes=num_classes,
            seed=seed,
            dtype=kwargs.get("dtype"),
        )
        super().__init__(
            event_shape, num_channels, network.head, True, num_classes, **kwargs
        )
        self.network = network
        self.built = True

    def torch_layers(self) -> Iterator[tuple[str, WeightNormKernel]]:
        """Yields the weight-normalized kernels by their names in the authors' code."""
        return self.network.torch_layers()

    def initialize(self, seed):
        self.network.initialize(seed)

    def initialize_from(self, x, condition=None):
        condition = self.check_arguments(x, condition)
        both = stack(condition.x_smoothed, x)
        self.network.initialize_from(both, Condition(label=condition.label))

    def call(self, x, condition=None, dropout_seed=None):
        both = stack(condition.x_smoothed, x)
        own = Condition(label=condition.label)
        params = self.network(both, condition=own, dropout_seed=dropout_seed)
        return params[:, self.event_shape[0] :]

    def walk(
        self, batch_size, condition, visit, state, dtype=tf.float32, resample=None
    ):
        """Walks over both halves; the upper one is given instead of visited."""
        height = self.event_shape[0]
        x_smoothed = tf.cast(condition.x_smoothed, dtype)

        def keep_above(row, new, old):
            return tf.nest.map_structure(
                lambda new, old: tf.where(row < height, old, new), new, old
            )

        def visit_lower(params, place, state):
            own = place._replace(row=tf.maximum(place.row - height, 0))
            value, new = visit(params, own, state)
            given = place._replace(row=tf.minimum(place.row, height - 1)).of(x_smoothed)
            value = tf.where(place.row < height, given, value)
            return value, keep_above(place.row, new, state)

        def resample_lower(row, state):
            ancestors, new = resample(tf.maximum(row - height, 0), state)
            ancestors = keep_above(row, ancestors, tf.range(batch_size))
            return ancestors, keep_above(row, new, state)

        classes = self.network.one_hot(Condition(label=condition.label))
        x, state, origin = RasterSampler(self.network, batch_size, None, classes).walk(
            visit_lower, state, dtype, None if resample is None else resample_lower
        )
        return x[:, height:], state, origin


def stack(x_smoothed: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """Puts x~ above x: two [b, h, w, c] -> [b, 2 h, w, c], in the dtype of x."""
    x = tf.convert_to_tensor(x)
    return tf.concat([tf.cast(x_smoothed, x.dtype), x], axis=1)
