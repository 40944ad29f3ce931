"""The published form of p(x | x~): one unconditional network over [x~, x]."""

import tensorflow as tf

from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.models.pixelcnnpp import PixelCNNpp, PixelCNNppConfig
from smoothing_tf.models.raster_sampler import RasterSampler


class StackedPixelCNNpp(AutoregressiveModel):
    """PixelCNN++ of an image of double height, x~ above x, scored on the lower half.

    A pixel of x sees the rows above it and so all of x~, which comes before x in
    raster order. There is no layer and no parameter for the context.

    Args:
      config: hyper-parameters of the network.
      event_shape: (height, width, channels) of x; height a multiple of 2, width of 4,
        1 or 3 channels.
      num_levels: levels of discrete data, or None for a continuous density; x~ is
        continuous in any case.
      seed: seed of the initial weights, integer or int32 [2].
      **kwargs: `name`, `dtype` of `keras.Model`.

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
        seed: int | tf.Tensor = 0,
        **kwargs,
    ):
        if len(event_shape) != 3 or event_shape[0] % 2 or event_shape[1] % 4:
            raise ValueError(
                "`event_shape` must be (height, width, channels) with a height that is"
                " a multiple of 2 and a width that is one of 4 for PixelCNN++ with"
                f" conditioning 'stacked'; got {tuple(event_shape)}."
            )
        height, width, num_channels = event_shape
        # Before the layers of Keras there is no policy to hand on.
        network = PixelCNNpp(
            config,
            (2 * height, width, num_channels),
            num_levels,
            seed=seed,
            dtype=kwargs.get("dtype"),
        )
        super().__init__(event_shape, num_channels, network.head, True, **kwargs)
        self.network = network
        self.built = True

    @property
    def published_network(self) -> PixelCNNpp:
        """The network that `load_torch_state` loads into."""
        return self.network

    def initialize(self, seed):
        self.network.initialize(seed)

    def initialize_from(self, x, context=None):
        self.check_arguments(x, context)
        self.network.initialize_from(stacked(context, x))

    def call(self, x, context=None, dropout_seed=None):
        params = self.network(stacked(context, x), dropout_seed=dropout_seed)
        return params[:, self.event_shape[0] :]

    def walk(self, batch_size, context, visit, state, dtype=tf.float32, resample=None):
        """A walk of the network whose upper half is given instead of visited."""
        height = self.event_shape[0]
        context = tf.cast(context, dtype)

        def keep_above(row, new, old):
            return tf.nest.map_structure(
                lambda new, old: tf.where(row < height, old, new), new, old
            )

        def visit_lower(params, place, state):
            own = place._replace(row=tf.maximum(place.row - height, 0))
            value, new = visit(params, own, state)
            given = place._replace(row=tf.minimum(place.row, height - 1)).of(context)
            value = tf.where(place.row < height, given, value)
            return value, keep_above(place.row, new, state)

        def resample_lower(row, state):
            ancestors, new = resample(tf.maximum(row - height, 0), state)
            ancestors = keep_above(row, ancestors, tf.range(batch_size))
            return ancestors, keep_above(row, new, state)

        x, state, origin = RasterSampler(self.network, batch_size, None).walk(
            visit_lower, state, dtype, None if resample is None else resample_lower
        )
        return x[:, height:], state, origin


def stacked(x_smoothed: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """x~ above x: [b, h, w, c] twice -> [b, 2 h, w, c], in the dtype of x."""
    x = tf.convert_to_tensor(x)
    return tf.concat([tf.cast(x_smoothed, x.dtype), x], axis=1)


def make_pixelcnnpp(
    config: PixelCNNppConfig,
    event_shape: tuple[int, int, int],
    num_levels: int | None = None,
    is_conditional: bool = False,
    seed: int | tf.Tensor = 0,
    **kwargs,
) -> DensityModel:
    """PixelCNN++ in the form that `config.conditioning` names; without a context plain.

    Arguments and errors are those of `PixelCNNpp`.
    """
    if is_conditional and config.conditioning == "stacked":
        return StackedPixelCNNpp(config, event_shape, num_levels, seed, **kwargs)
    return PixelCNNpp(config, event_shape, num_levels, is_conditional, seed, **kwargs)
