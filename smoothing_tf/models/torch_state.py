"""Weights of the authors' PyTorch code."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from smoothing_tf.layers import WeightNormKernel

if TYPE_CHECKING:
    from smoothing_tf.models.pixelcnnpp import PixelCNNpp
    from smoothing_tf.models.stacked_pixelcnnpp import StackedPixelCNNpp


def load_torch_state(
    model: "PixelCNNpp | StackedPixelCNNpp", arrays: Mapping[str, np.ndarray]
) -> None:
    """Loads weights under the names of the authors' PyTorch state dict.

    Args:
      model: an unconditional PixelCNN++ of the same configuration, or the stacked
        form of p(x|x~). A continuous and a discretized head have the same
        parameters.
      arrays: name -> array, e.g. "u_init.conv.weight_v" [out, in, rows, columns];
        a prefix "module." is stripped.

    Raises:
      ValueError: a name is missing or unknown, a shape does not fit, a number is not
        finite, or the model is none that the authors have; nothing has been loaded
        then.

    Reference: https://github.com/pclucas14/pixel-cnn-pp for the names.
    """
    if not hasattr(model, "published_network"):
        raise ValueError(
            f"`model` must be a PixelCNN++; got {type(model).__name__}, of which the"
            " authors have none."
        )
    arrays = {name.removeprefix("module."): array for name, array in arrays.items()}
    assignments = []
    for name, layer in _torch_layers(model.published_network):
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
                order = " in the order [rows, columns, in, out]"
                raise ValueError(
                    f"`arrays[{key!r}]` must have shape {tuple(variable.shape)}"
                    f"{order if suffix == 'weight_v' else ''}; got {value.shape}."
                )
            if value.dtype.kind != "f" or not np.all(np.isfinite(value)):
                flaw = ", not all of them finite" if value.dtype.kind == "f" else ""
                raise ValueError(
                    f"`arrays[{key!r}]` must hold finite floating-point numbers; got"
                    f" {value.dtype}{flaw}."
                )
            assignments.append((variable, value))
    if arrays:
        raise ValueError(
            "`arrays` must hold the weights of this network only; got unknown names"
            f" {', '.join(sorted(arrays)[:3])}."
        )
    for variable, value in assignments:
        variable.assign(value)


def _torch_layers(model: "PixelCNNpp") -> Iterator[tuple[str, WeightNormKernel]]:
    """The weight-normalized kernels of a model under the authors' names."""
    yield "u_init.conv", model.u_init.weight
    for index, layer in enumerate(model.ul_init):
        yield f"ul_init.{index}.conv", layer.weight
    # The authors count the layers on the way back from the coarsest resolution on.
    for name, layers, kind in (
        ("downsize_u_stream", model.downsize_u, "conv"),
        ("downsize_ul_stream", model.downsize_ul, "conv"),
        ("upsize_u_stream", model.upsize_u[::-1], "deconv"),
        ("upsize_ul_stream", model.upsize_ul[::-1], "deconv"),
    ):
        for index, layer in enumerate(layers):
            yield f"{name}.{index}.{kind}", layer.weight
    for name, levels in (
        ("up_layers.{}.u_stream", model.up_u),
        ("up_layers.{}.ul_stream", model.up_ul),
        ("down_layers.{}.u_stream", model.down_u[::-1]),
        ("down_layers.{}.ul_stream", model.down_ul[::-1]),
    ):
        for level, blocks in enumerate(levels):
            for index, block in enumerate(blocks):
                prefix = f"{name.format(level)}.{index}"
                yield f"{prefix}.conv_input.conv", block.conv_input.weight
                yield f"{prefix}.conv_out.conv", block.conv_out.weight
                if block.skip is not None:
                    yield f"{prefix}.nin_skip.lin_a", block.skip.weight
    yield "nin_out.lin_a", model.nin_out.weight
