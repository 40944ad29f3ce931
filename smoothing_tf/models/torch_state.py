"""Weights of the authors' PyTorch code."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def load_torch_state(model: Any, arrays: Mapping[str, np.ndarray]) -> None:
    """Loads weights under the names of the authors' PyTorch state dict.

    Args:
      model: model with a method `torch_layers`: an unconditional PixelCNN++ of the
        same configuration, or the stacked form of p(x|x~). The continuous and the
        discretized head have the same parameters.
      arrays: name -> array, e.g. "u_init.conv.weight_v" [out, in, rows, columns];
        a prefix "module." is removed.

    Raises:
      ValueError: a name is missing or unknown, a shape does not fit, a value is not
        finite, or the authors have no such model. The model is unchanged then.

    Reference: https://github.com/pclucas14/pixel-cnn-pp for the names.
    """
    if not hasattr(model, "torch_layers"):
        raise ValueError(
            f"`model` must be a PixelCNN++; got {type(model).__name__}, for which the"
            " authors have no weights."
        )
    arrays = {name.removeprefix("module."): array for name, array in arrays.items()}
    assignments = []
    for name, layer in model.torch_layers():
        variables = {"bias": layer.bias, "weight_g": layer.g, "weight_v": layer.v}
        for suffix, variable in variables.items():
            key = f"{name}.{suffix}"
            if key not in arrays:
                raise ValueError(f"`arrays` must have an entry {key!r}; it is missing.")
            value = np.asarray(arrays.pop(key))
            if suffix == "weight_v":
                # [out, in, rows, columns], or [in, out, rows, columns] for a transposed
                # convolution: the normalized axis becomes the last one.
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
            "`arrays` must hold only the weights of this network; got unknown names"
            f" {', '.join(sorted(arrays)[:3])}."
        )
    for variable, value in assignments:
        variable.assign(value)
