"""Receptive fields: PixelCNN has a blind spot, and Gated PixelCNN has none.

The gradient of the central pixel's parameters with respect to the image, for networks
with random weights, is zero exactly where a network does not look. Masked 3x3 windows
reach one column further to the right per row up and miss a triangle of earlier pixels.
The windows of Gated PixelCNN's vertical stack contain whole rows.

Reference: van den Oord et al., "Conditional Image Generation with PixelCNN Decoders",
NeurIPS 2016, figure 1.
"""

import numpy as np
import tensorflow as tf
from matplotlib import colors
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from experiments.job import Job
from experiments.report import style
from experiments.report.table import Criterion, Result, Table
from smoothing_tf.models import (
    DensityModel,
    GatedPixelCNN,
    GatedPixelCNNConfig,
    PixelCNN,
    PixelCNNConfig,
)

_SIZE = 17
_CENTER = _SIZE // 2
# Depth at which either network reaches the corners of the image.
_DEPTH = 9
_NUM_DRAWS, _NUM_DRAWS_QUICK = 8, 2
_NUM_IMAGES = 4
# Smallest gradient, relative to the largest, that the figure shows.
_FAINTEST = 1e-4


def run(job: Job) -> Result:
    """Measures both networks, over several draws of their weights.

    Args:
      job: the run; a quick one draws fewer weights.

    Returns:
      A table of seen and unseen pixels, and a figure of the gradients.
    """
    num_draws = _NUM_DRAWS_QUICK if job.quick else _NUM_DRAWS
    order = np.arange(_SIZE * _SIZE).reshape(_SIZE, _SIZE)
    is_earlier = order < order[_CENTER, _CENTER]
    maps, rows, criteria = {}, [], []
    for name, model in _models().items():
        maps[name] = measure_sensitivity(model, num_draws)
        is_seen = maps[name] > 0
        row = {
            "model": name,
            "earlier pixels": int(is_earlier.sum()),
            "of them unseen": int((is_earlier & ~is_seen).sum()),
            "other pixels seen": int((~is_earlier & is_seen).sum()),
        }
        rows.append(row)
        # PixelCNN must have a blind spot, and Gated PixelCNN none.
        limits = {"minimum": 1.0} if name == "PixelCNN" else {"maximum": 0.0}
        for column, limit in (
            ("of them unseen", limits),
            ("other pixels seen", {"maximum": 0.0}),
        ):
            criteria.append(Criterion(f"{name}, {column}", float(row[column]), **limit))
    table = Table(
        title=f"Pixels that the central one of {_SIZE}x{_SIZE} depends on",
        columns=tuple(rows[0]),
        rows=tuple(rows),
        notes=(
            f"Over {num_draws} draws of the weights, with {_NUM_IMAGES} images each."
            f" Both networks have {_DEPTH} blocks or layers of 3x3 windows, after a"
            " first layer of 7x7.",
        ),
        criteria=tuple(criteria),
    )
    return Result(
        {"table": table},
        {"figure": _draw(maps, is_earlier)},
        {
            "figure": "Mean magnitude of the gradient of the central pixel's (cross)"
            " parameters with respect to every pixel, relative to the largest, on"
            " one logarithmic scale. Hatched: earlier pixels with a zero gradient, the"
            " blind spot. Blank: the central pixel and later ones."
        },
    )


def measure_sensitivity(model: DensityModel, num_draws: int) -> np.ndarray:
    """Measures the mean |d parameters of the central pixel / d x|.

    Args:
      model: model of square grey images.
      num_draws: number of draws of the model's weights.

    Returns:
      The mean for every pixel, [height, width].
    """

    @tf.function(autograph=False)
    def gradients(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            params = model(x)[:, _CENTER, _CENTER]
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


@style.apply()
def _draw(maps: dict[str, np.ndarray], is_earlier: np.ndarray) -> bytes:
    figure = Figure(figsize=(style.PAGE_WIDTH, 3.7))
    axes = figure.subplots(1, len(maps), sharex=True, sharey=True)
    edges = np.arange(_SIZE + 1) - _CENTER - 0.5
    for panel, (name, values) in zip(axes, maps.items(), strict=True):
        is_seen = values > 0
        picture = panel.pcolormesh(
            edges,
            edges,
            np.ma.masked_where(~is_seen, values / values.max()),
            norm=colors.LogNorm(_FAINTEST, 1.0),
            cmap=style.DENSITY_COLORS,
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
        panel.set_title(name)
        panel.set_xlabel("column from the center")
        panel.set_xticks(range(-_CENTER, _CENTER + 1, 4))
        panel.set_yticks(range(-_CENTER, _CENTER + 1, 4))
        panel.set_aspect("equal")
    axes[0].set_ylabel("row from the center")
    axes[0].invert_yaxis()
    bar = figure.colorbar(picture, ax=axes, extend="min", pad=0.01)
    bar.set_label("gradient, relative to the largest")
    return style.to_png(figure)
