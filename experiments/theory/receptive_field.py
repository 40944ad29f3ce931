"""What a conditional sees: the blind spot of PixelCNN, and Gated PixelCNN without it.

The gradient of the parameters of the central pixel with respect to the image, of
networks with random weights: it is zero exactly where a network does not look. Masked
3x3 windows go one column to the right per row up, and leave out a triangle of earlier
pixels; the vertical stack of Gated PixelCNN has whole rows in its windows.

Reference: van den Oord et al., "Conditional Image Generation with PixelCNN Decoders",
NeurIPS 2016, figure 1.
"""

import pathlib

import numpy as np
import tensorflow as tf
from matplotlib import colors
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from experiments.report import style
from experiments.report.result import Result
from experiments.report.table import Criterion, Table
from smoothing_tf.models import (
    DensityModel,
    GatedPixelCNN,
    GatedPixelCNNConfig,
    PixelCNN,
    PixelCNNConfig,
)

_SIZE = 17
_CENTRE = _SIZE // 2
# Deep enough for either network to reach the corners of the image.
_DEPTH = 9
_NUM_DRAWS, _NUM_DRAWS_QUICK = 8, 2
_NUM_IMAGES = 4
# Shown relative to the largest, down to this.
_FAINTEST = 1e-4


def run(directory: pathlib.Path, *, quick: bool) -> Result:
    """Measures both networks, over several draws of their weights."""
    del directory  # Nothing is kept on the way.
    num_draws = _NUM_DRAWS_QUICK if quick else _NUM_DRAWS
    order = np.arange(_SIZE * _SIZE).reshape(_SIZE, _SIZE)
    is_earlier = order < order[_CENTRE, _CENTRE]
    maps, rows, criteria = {}, [], []
    for name, model in _models().items():
        maps[name] = sensitivity(model, num_draws)
        is_seen = maps[name] > 0
        row = {
            "model": name,
            "earlier pixels": int(is_earlier.sum()),
            "of them unseen": int((is_earlier & ~is_seen).sum()),
            "other pixels seen": int((~is_earlier & is_seen).sum()),
        }
        rows.append(row)
        # That one has a blind spot and the other has none is what is to be shown.
        limits = {"minimum": 1.0} if name == "PixelCNN" else {"maximum": 0.0}
        for column, limit in (
            ("of them unseen", limits),
            ("other pixels seen", {"maximum": 0.0}),
        ):
            criteria.append(Criterion(f"{name}, {column}", float(row[column]), **limit))
    table = Table(
        title=f"What the central pixel of {_SIZE}x{_SIZE} pixels sees",
        columns=tuple(rows[0]),
        rows=tuple(rows),
        notes=(
            f"Over {num_draws} draws of the weights and {_NUM_IMAGES} images each;"
            f" {_DEPTH} blocks or layers, 3x3 windows after a first one of 7x7.",
        ),
        criteria=tuple(criteria),
    )
    return Result(
        {"table": table},
        {"figure": _figure(maps, is_earlier)},
        {
            "figure": "Mean magnitude of the gradient of the parameters of the central"
            " pixel (cross) with respect to every pixel, relative to the largest, on"
            " one logarithmic scale. Hatched: earlier pixels whose gradient is zero,"
            " the blind spot. Blank: the pixel itself and those after it."
        },
    )


def sensitivity(model: DensityModel, num_draws: int) -> np.ndarray:
    """Mean |d parameters of the central pixel / d x|, [height, width].

    Args:
      model: of square grey images.
      num_draws: of its weights.
    """

    @tf.function
    def gradients(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            params = model(x)[:, _CENTRE, _CENTRE]
        return tf.reduce_mean(tf.abs(tape.batch_jacobian(params, x)), axis=[0, 1])

    total = np.zeros([_SIZE, _SIZE])
    for draw in range(num_draws):
        model.initialize(draw)
        shape = [_NUM_IMAGES, *model.event_shape]
        x = tf.random.stateless_uniform(shape, [draw, 1], -1.0, 1.0)
        total += gradients(x)[..., 0].numpy()
    return total / num_draws


def _models() -> dict[str, DensityModel]:
    shape = (_SIZE, _SIZE, 1)
    plain = PixelCNNConfig(num_blocks=_DEPTH, num_filters=16, num_mixtures=1)
    gated = GatedPixelCNNConfig(
        num_layers=_DEPTH, num_filters=16, num_mixtures=1, kernel_size=3
    )
    return {
        "PixelCNN": PixelCNN(plain, shape),
        "Gated PixelCNN": GatedPixelCNN(gated, shape),
    }


def _figure(maps: dict[str, np.ndarray], is_earlier: np.ndarray) -> bytes:
    figure = Figure(figsize=(6.4, 3.1), layout="constrained")
    axes = figure.subplots(1, len(maps), sharex=True, sharey=True)
    edges = np.arange(_SIZE + 1) - _CENTRE - 0.5
    for panel, (name, values) in zip(axes, maps.items(), strict=True):
        is_seen = values > 0
        picture = panel.pcolormesh(
            edges,
            edges,
            np.ma.masked_where(~is_seen, values / values.max()),
            norm=colors.LogNorm(_FAINTEST, 1.0),
            cmap="cividis",
            edgecolors="0.75",
            linewidth=0.3,
        )
        for row, column in np.argwhere(~is_seen):
            is_blind = is_earlier[row, column]
            panel.add_patch(
                Rectangle(
                    (edges[column], edges[row]),
                    1.0,
                    1.0,
                    facecolor="white",
                    edgecolor=style.VERMILLION if is_blind else "0.85",
                    hatch="/////" if is_blind else None,
                    linewidth=0.5 if is_blind else 0.3,
                )
            )
        panel.plot(0, 0, "x", color=style.BLACK, markersize=6, markeredgewidth=1.5)
        panel.set_title(name, fontsize=8)
        panel.set_xlabel("column from the centre", fontsize=8)
        panel.set_xticks(range(-_CENTRE, _CENTRE + 1, 4))
        panel.set_yticks(range(-_CENTRE, _CENTRE + 1, 4))
        panel.set_aspect("equal")
        panel.tick_params(labelsize=7)
    axes[0].set_ylabel("row from the centre", fontsize=8)
    axes[0].invert_yaxis()
    bar = figure.colorbar(picture, ax=axes, extend="min", pad=0.01)
    bar.set_label("gradient, relative to the largest", fontsize=7)
    bar.ax.tick_params(labelsize=7)
    return style.to_png(figure)
