"""Results of cells in the plane that are made up, with models of the true size."""

import functools
import pathlib
from typing import Any

import numpy as np

from experiments.cells import Cell
from experiments.toys.runs import train_plain
from smoothing_tf.models import MADEConfig, RealNVPConfig, build_model

_CONFIGS = {"made": MADEConfig, "realnvp": RealNVPConfig}


def count_parameters(cell: Cell) -> int:
    """Builds a cell's models and counts their parameters."""
    total = 0
    for stage, argument in (
        ("baseline", "model"),
        ("smoothed", "smoothed"),
        ("reverse", "reverse"),
    ):
        if argument in cell.arguments:
            config = dict(cell.arguments[argument]["config"])
            config["hidden_units"] = tuple(config["hidden_units"])
            name = cell.arguments[argument]["model"]
            total += _count_parameters(name, _CONFIGS[name](**config), stage)
    return total


@functools.cache
def _count_parameters(name: str, config: MADEConfig | RealNVPConfig, stage: str) -> int:
    """Cells that differ in the noise or the seed have models of the same size."""
    model = build_model(name, config, stage=stage, event_shape=(2,), num_levels=None)
    return model.count_params()


def make_result(cell: Cell, directory: pathlib.Path) -> dict[str, Any]:
    """Makes up the result and the arrays of a cell, with its true size."""
    arrays = {"samples": np.zeros([9, 2]), "log_density": np.zeros(16)}
    single_step = {"x_smoothed": 0.3, "exact": 0.1, "truncated": 0.2}
    for name in ("start", "posterior_mean", "exact", "truncated"):
        arrays[f"arrow_{name}"] = np.ones([5, 2])
    np.savez(directory / "arrays.npz", **arrays)
    result = {"parameters": count_parameters(cell), "restarts": {}, "validation": 1.0}
    if cell.function is train_plain:
        return result | {"nll": 2.7, "nll_se": 0.0}
    scores = {"bound": 2.7, "bound_se": 0.0, "iw": 2.6, "iw_se": 0.0}
    return result | scores | {"noise_scale": 0.3, "single_step": single_step}
