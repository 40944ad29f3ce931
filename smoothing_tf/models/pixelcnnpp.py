"""PixelCNN++, the network of the image experiments."""

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from smoothing_tf.layers import (
    ContextEncoder,
    GatedResnet,
    PointwiseConv,
    ShiftedConv,
    ShiftedConvTranspose,
    WeightNormKernel,
    shift_down,
    shift_right,
)
from smoothing_tf.models.autoregressive import AutoregressiveModel
from smoothing_tf.models.heads import head_setting, make_head
from smoothing_tf.settings import setting, validate


@dataclasses.dataclass(frozen=True)
class PixelCNNppConfig:
    """Hyper-parameters of PixelCNN++; the defaults are those of CIFAR-10."""

    num_resnet: int = setting(
        5, "Gated resnet blocks per level of resolution.", minimum=1
    )
    num_filters: int = setting(160, "Channels of each stream.", minimum=1)
    num_mixtures: int = setting(
        10, "Logistics in the mixture of each pixel.", minimum=1
    )
    dropout: float = setting(
        0.5,
        "Dropout rate inside each gated resnet block.",
        minimum=0.0,
        exclusive_maximum=1.0,
    )
    head: str | None = head_setting()

    def __post_init__(self):
        validate(self)


class PixelCNNpp(AutoregressiveModel):
    """Two causal streams at three resolutions; pixels in raster order.

    The vertical stream u sees the rows above, the horizontal stream ul those
    and the pixels to the left. A context x~, which is known as a whole, enters
    both streams at every resolution through unmasked convolutions.

    Args:
      config: hyper-parameters.
      event_shape: (height, width, channels); height and width multiples of 4,
        1 or 3 channels.
      num_levels: levels of discrete data, or None for a continuous density.
      is_conditional: whether the density takes a context.
      seed: seed of the initial weights, integer or int32 [2].
      **kwargs: `name`, `dtype` of `keras.Model`.

    Raises:
      ValueError: the network does not fit the image.

    Reference: Salimans et al., "PixelCNN++", ICLR 2017.
    """

    def __init__(
        self,
        config: PixelCNNppConfig,
        event_shape: tuple[int, int, int],
        num_levels: int | None = None,
        is_conditional: bool = False,
        seed: int | tf.Tensor = 0,
        **kwargs,
    ):
        if len(event_shape) != 3 or event_shape[0] % 4 or event_shape[1] % 4:
            raise ValueError(
                "`event_shape` must be (height, width, channels) with height and width"
                f" multiples of 4 for PixelCNN++; got {tuple(event_shape)}."
            )
        num_channels = event_shape[-1]
        head = make_head(config.head, num_channels, config.num_mixtures, num_levels)
        super().__init__(event_shape, num_channels, head, is_conditional, **kwargs)
        self.config = config
        self._build_network(num_channels + 1, config.num_filters)
        self.built = True
        self.initialize(seed)

    def _build_network(self, in_channels: int, filters: int) -> None:
        up = self._conv_maker((2, 3), "up")
        up_left = self._conv_maker((2, 2), "up_left")
        num_resnet = self.config.num_resnet
        indices = itertools.count()

        def blocks(make_conv, number, aux_channels):
            return [
                GatedResnet(
                    make_conv,
                    filters,
                    aux_channels=aux_channels,
                    dropout=self.config.dropout,
                    index=next(indices),
                    dtype=self.dtype_policy,
                )
                for _ in range(number)
            ]

        self.u_init = self._conv_maker((2, 3), "up")(in_channels, filters)
        self.ul_init = [
            self._conv_maker((1, 3), "up")(in_channels, filters),
            self._conv_maker((2, 1), "up_left")(in_channels, filters),
        ]
        self.up_u = [blocks(up, num_resnet, 0) for _ in range(3)]
        self.up_ul = [blocks(up_left, num_resnet, filters) for _ in range(3)]
        self.downsize_u = [up(filters, filters, stride=2) for _ in range(2)]
        self.downsize_ul = [up_left(filters, filters, stride=2) for _ in range(2)]
        down_blocks = [num_resnet, num_resnet + 1, num_resnet + 1]
        self.down_u = [blocks(up, n, filters) for n in down_blocks]
        self.down_ul = [blocks(up_left, n, 2 * filters) for n in down_blocks]
        upsize = functools.partial(
            ShiftedConvTranspose, filters, dtype=self.dtype_policy
        )
        self.upsize_u = [upsize((2, 3)) for _ in range(2)]
        self.upsize_ul = [upsize((2, 2)) for _ in range(2)]
        self.nin_out = PointwiseConv(
            filters, self.head.num_params, dtype=self.dtype_policy
        )
        if self.is_conditional:
            self.context_encoder = ContextEncoder(
                in_channels,
                filters,
                num_resolutions=3,
                dropout=self.config.dropout,
                first_index=next(indices),
                dtype=self.dtype_policy,
            )
            # Into u and ul, where a resolution is entered: three times on the way
            # down in resolution, twice on the way back.
            self.inject = [
                PointwiseConv(filters, 2 * filters, dtype=self.dtype_policy)
                for _ in range(5)
            ]

    def _conv_maker(self, kernel_size: tuple[int, int], reach: str):
        return functools.partial(
            ShiftedConv, kernel_size=kernel_size, reach=reach, dtype=self.dtype_policy
        )

    def call(self, x, context=None, dropout_seed=None):
        features = [None] * 5
        if context is not None:
            fine, middle, coarse = self.context_encoder(
                _with_ones(context), dropout_seed=dropout_seed
            )
            features = [
                inject(feature)
                for inject, feature in zip(
                    self.inject, (fine, middle, coarse, middle, fine), strict=True
                )
            ]
        x = _with_ones(x)
        u = shift_down(self.u_init(x))
        ul = shift_down(self.ul_init[0](x)) + shift_right(self.ul_init[1](x))
        u_skips, ul_skips = [], []
        for level in range(3):
            if level:
                u, ul = self.downsize_u[level - 1](u), self.downsize_ul[level - 1](ul)
            u, ul = _add_context(u, ul, features[level])
            u_skips.append(u)
            ul_skips.append(ul)
            for block_u, block_ul in zip(
                self.up_u[level], self.up_ul[level], strict=True
            ):
                u = block_u(u, dropout_seed=dropout_seed)
                ul = block_ul(ul, u, dropout_seed=dropout_seed)
                u_skips.append(u)
                ul_skips.append(ul)
        u, ul = u_skips.pop(), ul_skips.pop()
        for level in range(3):
            if level:
                u, ul = self.upsize_u[level - 1](u), self.upsize_ul[level - 1](ul)
                u, ul = _add_context(u, ul, features[level + 2])
            for block_u, block_ul in zip(
                self.down_u[level], self.down_ul[level], strict=True
            ):
                u = block_u(u, u_skips.pop(), dropout_seed=dropout_seed)
                aux = tf.concat([u, ul_skips.pop()], axis=-1)
                ul = block_ul(ul, aux, dropout_seed=dropout_seed)
        assert not u_skips and not ul_skips
        return self.nin_out(tf.nn.elu(ul))


def _with_ones(x: tf.Tensor) -> tf.Tensor:
    """Appends a channel of ones, which tells padding from a pixel of value 0."""
    return tf.pad(x, [[0, 0], [0, 0], [0, 0], [0, 1]], constant_values=1)


def _add_context(u: tf.Tensor, ul: tf.Tensor, features: tf.Tensor | None):
    if features is None:
        return u, ul
    for_u, for_ul = tf.split(features, 2, axis=-1)
    return u + for_u, ul + for_ul


def load_torch_state(model: PixelCNNpp, arrays: Mapping[str, np.ndarray]) -> None:
    """Loads weights under the names of the authors' PyTorch state dict.

    Args:
      model: an unconditional PixelCNN++ of the same configuration.
      arrays: name -> array, e.g. "u_init.conv.weight_v" [out, in, rows, columns];
        a prefix "module." is stripped.

    Raises:
      ValueError: a name is missing or unknown, or a shape does not fit; nothing
        has been loaded then.

    Reference: https://github.com/pclucas14/pixel-cnn-pp for the names.
    """
    arrays = {name.removeprefix("module."): array for name, array in arrays.items()}
    assignments = []
    for name, layer in _torch_layers(model):
        variables = {"bias": layer.bias, "weight_g": layer.g, "weight_v": layer.v}
        for suffix, variable in variables.items():
            key = f"{name}.{suffix}"
            if key not in arrays:
                raise ValueError(f"`arrays` must have an entry {key!r}; it is missing.")
            value = np.asarray(arrays.pop(key))
            if suffix == "weight_v":
                # [out, in, rows, columns], or [in, out, rows, columns] of a transposed
                # convolution: the normalized axis goes last.
                value = np.moveaxis(value, (0, 1), (-1, -2))
            elif suffix == "weight_g":
                value = value.reshape(-1)
            if value.shape != tuple(variable.shape):
                raise ValueError(
                    f"`arrays[{key!r}]` must have shape {tuple(variable.shape)} in the"
                    f" order [rows, columns, in, out]; got {value.shape}."
                )
            assignments.append((variable, value))
    if arrays:
        raise ValueError(
            "`arrays` must hold the weights of this network only; got unknown names"
            f" {', '.join(sorted(arrays)[:3])}."
        )
    for variable, value in assignments:
        variable.assign(value)


def _torch_layers(model: PixelCNNpp) -> Iterator[tuple[str, WeightNormKernel]]:
    """The weight-normalized kernels of a model under the authors' names."""
    yield "u_init.conv", model.u_init.weight
    for index, layer in enumerate(model.ul_init):
        yield f"ul_init.{index}.conv", layer.weight
    for name, layers, kind in (
        ("downsize_u_stream", model.downsize_u, "conv"),
        ("downsize_ul_stream", model.downsize_ul, "conv"),
        ("upsize_u_stream", model.upsize_u, "deconv"),
        ("upsize_ul_stream", model.upsize_ul, "deconv"),
    ):
        for index, layer in enumerate(layers):
            yield f"{name}.{index}.{kind}", layer.weight
    for name, levels in (
        ("up_layers.{}.u_stream", model.up_u),
        ("up_layers.{}.ul_stream", model.up_ul),
        ("down_layers.{}.u_stream", model.down_u),
        ("down_layers.{}.ul_stream", model.down_ul),
    ):
        for level, blocks in enumerate(levels):
            for index, block in enumerate(blocks):
                prefix = f"{name.format(level)}.{index}"
                yield f"{prefix}.conv_input.conv", block.conv_input.weight
                yield f"{prefix}.conv_out.conv", block.conv_out.weight
                if block.nin_skip is not None:
                    yield f"{prefix}.nin_skip.lin_a", block.nin_skip.weight
    yield "nin_out.lin_a", model.nin_out.weight
