"""PixelCNN++ with x~ as unmasked features, or without x~."""

import functools
import itertools
from collections.abc import Iterator
from typing import NamedTuple

import tensorflow as tf

from smoothing_tf.layers import (
    CausalConv,
    CausalConvTranspose,
    ContextEncoder,
    FullView,
    GatedResnet,
    PointwiseConv,
    TrainingView,
    WeightNormKernel,
    elu,
)
from smoothing_tf.models.causal_image_model import CausalImageModel
from smoothing_tf.models.heads import make_head
from smoothing_tf.models.pixelcnnpp.config import PixelCNNppConfig


class PixelCNNpp(CausalImageModel):
    """Two causal streams at three resolutions; pixels in raster order.

    The vertical stream u sees the rows above; the horizontal stream ul also sees the
    pixels to the left. x~, all of which is known, enters both streams at
    every resolution through unmasked convolutions. `StackedPixelCNNpp` is the other
    form of conditioning. A class has biases in front of the gate of every block.

    Args:
      config: hyper-parameters.
      event_shape: (height, width, channels), with height and width multiples of 4
        and 1 or 3 channels.
      num_levels: number of levels of discrete data, or None for a continuous density.
      takes_x_smoothed: whether the density is conditional on x~.
      num_classes: number of classes; None for a density that takes no labels.
      seed: seed of the initial weights, integer or int32 [2].
      **kwargs: `name` and `dtype` of `keras.Model`.

    Raises:
      ValueError: the network does not fit the image.

    Reference: Salimans et al., "PixelCNN++", ICLR 2017.
    """

    num_resolutions = 3

    def __init__(
        self,
        config: PixelCNNppConfig,
        event_shape: tuple[int, int, int],
        num_levels: int | None = None,
        takes_x_smoothed: bool = False,
        num_classes: int | None = None,
        seed: int | tf.Tensor = 0,
        **kwargs,
    ):
        side = 2 ** (self.num_resolutions - 1)
        if len(event_shape) != 3 or event_shape[0] % side or event_shape[1] % side:
            raise ValueError(
                "`event_shape` must be (height, width, channels) for PixelCNN++, with"
                f" height and width multiples of {side}; got {tuple(event_shape)}."
            )
        if takes_x_smoothed and config.conditioning != "features":
            raise ValueError(
                "`conditioning` must be 'features' for PixelCNNpp; got"
                f" {config.conditioning!r}. Use make_pixelcnnpp for other forms."
            )
        num_channels = event_shape[-1]
        head = make_head(config.head, num_channels, config.num_mixtures, num_levels)
        super().__init__(
            event_shape, num_channels, head, takes_x_smoothed, num_classes, **kwargs
        )
        self.config = config
        self._build_network(num_channels + 1, config.num_filters)
        self.built = True
        self.initialize(seed)

    def _build_network(self, in_channels: int, filters: int) -> None:
        config = self.config
        index = itertools.count()

        def conv(kernel_size, reach, in_channels, filters, output_scale=1.0, **kwargs):
            weight = WeightNormKernel(
                (*kernel_size, in_channels, filters),
                filters,
                output_scale=output_scale,
                dtype=self.dtype_policy,
            )
            return CausalConv(weight, reach, dtype=self.dtype_policy, **kwargs)

        def pointwise(out_channels, dtype=self.dtype_policy):
            weight = WeightNormKernel(
                (filters, out_channels), out_channels, dtype=dtype
            )
            return PointwiseConv(weight, dtype=dtype)

        up = functools.partial(conv, (2, 3), "up")
        up_left = functools.partial(conv, (2, 2), "up_left")

        def blocks(make_conv, level, number, num_skips):
            return [
                GatedResnet(
                    functools.partial(make_conv, level=level),
                    filters,
                    num_skips=num_skips,
                    index=next(index),
                    num_classes=self.num_classes,
                    dtype=self.dtype_policy,
                )
                for _ in range(number)
            ]

        image = {"reads_image": True}
        self.u_init = up(in_channels, filters, shift="down", **image)
        self.ul_init = [
            conv((1, 3), "up", in_channels, filters, shift="down", **image),
            conv((2, 1), "up_left", in_channels, filters, shift="right", **image),
        ]
        levels = range(self.num_resolutions)
        self.up_u = [blocks(up, n, config.num_resnet, 0) for n in levels]
        self.up_ul = [blocks(up_left, n, config.num_resnet, 1) for n in levels]
        # Convolutions from each level to the next.
        strided = {"stride": 2}
        finer = levels[:-1]
        self.downsize_u = [up(filters, filters, level=n, **strided) for n in finer]
        self.downsize_ul = [
            up_left(filters, filters, level=n, **strided) for n in finer
        ]
        # One block more than on the way down, for the features that enter the level.
        num_down = [config.num_resnet + (n in finer) for n in levels]
        self.down_u = [blocks(up, n, num_down[n], 1) for n in levels]
        self.down_ul = [blocks(up_left, n, num_down[n], 2) for n in levels]
        upsize = functools.partial(
            CausalConvTranspose, filters, dtype=self.dtype_policy
        )
        self.upsize_u = [upsize("up", level=n) for n in finer]
        self.upsize_ul = [upsize("up_left", level=n) for n in finer]
        # In full precision: locations need more digits than bfloat16 has.
        self.nin_out = pointwise(self.head.num_params, dtype=self.variable_dtype)
        if self.takes_x_smoothed:
            self.context_encoder = ContextEncoder(
                in_channels,
                filters,
                num_resolutions=self.num_resolutions,
                first_index=next(index),
                num_without_block=1,
                num_classes=self.num_classes,
                dtype=self.dtype_policy,
            )
            # They feed u and ul where a level begins: on the way down to coarser
            # levels, and on the way back.
            self.inject = [pointwise(2 * filters) for _ in levels]
            self.inject_back = [pointwise(2 * filters) for _ in finer]

    def torch_layers(self) -> Iterator[tuple[str, WeightNormKernel]]:
        """Yields the weight-normalized kernels by their names in the authors' code.

        Raises:
          ValueError: the authors have no such network.
        """
        if self.num_classes is not None:
            raise ValueError(
                "The authors have no weights for class-conditional models; got a model"
                f" of {self.num_classes} classes."
            )
        if self.takes_x_smoothed:
            raise ValueError(
                "The authors have no weights for `conditioning` 'features' of p(x|x~)."
                " Use a model with `conditioning` 'stacked'."
            )
        yield "u_init.conv", self.u_init.weight
        for index, layer in enumerate(self.ul_init):
            yield f"ul_init.{index}.conv", layer.weight
        # On the way back, the authors count from the coarsest level.
        for name, layers, kind in (
            ("downsize_u_stream", self.downsize_u, "conv"),
            ("downsize_ul_stream", self.downsize_ul, "conv"),
            ("upsize_u_stream", self.upsize_u[::-1], "deconv"),
            ("upsize_ul_stream", self.upsize_ul[::-1], "deconv"),
        ):
            for index, layer in enumerate(layers):
                yield f"{name}.{index}.{kind}", layer.weight
        for name, levels in (
            ("up_layers.{}.u_stream", self.up_u),
            ("up_layers.{}.ul_stream", self.up_ul),
            ("down_layers.{}.u_stream", self.down_u[::-1]),
            ("down_layers.{}.ul_stream", self.down_ul[::-1]),
        ):
            for level, blocks in enumerate(levels):
                for index, block in enumerate(blocks):
                    prefix = f"{name.format(level)}.{index}"
                    yield f"{prefix}.conv_input.conv", block.conv_input.weight
                    yield f"{prefix}.conv_out.conv", block.conv_out.weight
                    if block.skip is not None:
                        yield f"{prefix}.nin_skip.lin_a", block.skip.weight
        yield "nin_out.lin_a", self.nin_out.weight

    def initialize_from(self, x, condition=None):
        if self.config.data_dependent_init:
            super().initialize_from(x, condition)

    def make_view(self, dropout_seed, classes=None):
        if dropout_seed is None:
            return FullView(classes)
        rate, is_spatial = self.config.dropout, self.config.spatial_dropout
        return TrainingView(dropout_seed, rate, is_spatial, classes)

    def inputs(self, x):
        """Appends a channel of ones, which tells pixels of value 0 from padding."""
        x = tf.cast(x, self.compute_dtype)
        no_more = [[0, 0]] * (x.shape.rank - 1)
        return tf.pad(x, [*no_more, [0, 1]], constant_values=1)

    def features(self, x_smoothed, view):
        """Computes the terms of u and ul for each level, on the way down and back."""
        by_level = self.context_encoder(self.inputs(x_smoothed), view=view)

        def terms(layers):
            return [
                tf.split(layer(feature, view=view), 2, axis=-1)
                for layer, feature in zip(layers, by_level, strict=False)
            ]

        return terms(self.inject), [*terms(self.inject_back), None]

    def above(self, x, features, view):
        entry = self.ul_init[0](x, view=view)
        _, terms = self._above(self.u_init(x, view=view), features, 0, view)
        return entry, terms

    def _above(self, u, features, level, view):
        """Runs u at one level and all coarser ones; returns (u, terms of ul)."""
        entry = coarser = back = None
        up, down = [], []
        if features is not None:
            for_u, entry = map(view.crop, features[0][level])
            u += for_u
        seen = [u]
        for block_u, block_ul in zip(self.up_u[level], self.up_ul[level], strict=True):
            u = block_u(u, view=view)
            seen.append(u)
            up.append(block_ul.skip(u, index=0, view=view))
        if level + 1 < self.num_resolutions:
            u, coarser = view.at_next_level(
                self.downsize_u[level],
                self.upsize_u[level],
                u,
                lambda u, view: self._above(u, features, level + 1, view),
            )
            if features is not None:
                for_u, back = map(view.crop, features[1][level])
                u += for_u
        else:
            seen.pop()
        for block_u, block_ul in zip(
            self.down_u[level], self.down_ul[level], strict=True
        ):
            skip = block_u.skip(seen.pop(), index=0, view=view)
            u = block_u(u, skips=skip, view=view)
            down.append(block_ul.skip(u, index=0, view=view))
        return u, _Terms(entry, up, coarser, back, down)

    def params(self, x, above, view):
        entry, terms = above
        ul = view.crop(entry) + self.ul_init[1](x, view=view)
        ul, _ = self._params(ul, terms, 0, view)
        return self.nin_out(elu(ul), view=view)

    def _params(self, ul, terms, level, view):
        """Runs ul at one level and all coarser ones; returns (ul, None)."""
        if terms.entry is not None:
            ul += view.crop(terms.entry)
        seen = [ul]
        for block, skip in zip(self.up_ul[level], terms.up, strict=True):
            ul = block(ul, skips=view.crop(skip), view=view)
            seen.append(ul)
        if level + 1 < self.num_resolutions:
            ul, _ = view.at_next_level(
                self.downsize_ul[level],
                self.upsize_ul[level],
                ul,
                lambda ul, view: self._params(ul, terms.coarser, level + 1, view),
            )
            if terms.back is not None:
                ul += view.crop(terms.back)
        else:
            seen.pop()
        for block, skip in zip(self.down_ul[level], terms.down, strict=True):
            skips = view.crop(skip) + block.skip(seen.pop(), index=1, view=view)
            ul = block(ul, skips=skips, view=view)
        return ul, None


class _Terms(NamedTuple):
    """The terms that u and x~ add to ul at one level.

    Attributes:
      entry: term of x~ where the level begins on the way down.
      up: skip terms of the blocks on the way down to coarser levels.
      coarser: terms of the next level; None where a view does not run it.
      back: term of x~ where the level begins on the way back.
      down: skip terms of the blocks on the way back.
    """

    entry: tf.Tensor | None
    up: list[tf.Tensor]
    coarser: "_Terms | None"
    back: tf.Tensor | None
    down: list[tf.Tensor]
