"""Pictures of the noise at three scales."""

import numpy as np
import tensorflow as tf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from smoothing_tf.artifacts import Path, atomic_file
from smoothing_tf.data.channels import show_channels
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.input_pipeline import scale
from smoothing_tf.data.subsets import subset_indices
from smoothing_tf.numerics import unit_to_uint8
from smoothing_tf.seeds import derive_seed
from smoothing_tf.smoothing import Smoothing

_NUM_IMAGES = 10
_NUM_POINTS = 2000


def write_preview(
    path: Path,
    dataset: Dataset,
    smoothing_class: type[Smoothing],
    noise_scale: float,
    *,
    seed: int,
) -> None:
    """Draws clean data, and smoothed data at half, once and twice `noise_scale`.

    Images are rows of a grid. Vectors are points of their first two coordinates, or
    a histogram if they have one. The examples are a random subset of the training
    split.
    """
    is_image = len(dataset.event_shape) == 3
    x = dataset.array("train")
    shown = subset_indices(len(x), _NUM_IMAGES if is_image else _NUM_POINTS)
    x = scale(x[shown], dataset.num_levels)
    rows = {"clean": x}
    for number, factor in enumerate((0.5, 1.0, 2.0)):
        smoothing = smoothing_class(factor * noise_scale)
        rows[f"noise scale {smoothing.noise_scale:.3g}"] = smoothing.distribution(
            x
        ).sample(seed=derive_seed(seed, "preview", number))
    # Not pyplot, whose state is global to the process: a node may run in a thread.
    figure = Figure(figsize=(10, 4.6) if is_image else (12, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(4, 1) if is_image else figure.subplots(1, 4, sharex=True)
    draw = _draw_images if is_image else _draw_vectors
    for axis, (title, values) in zip(axes, rows.items()):
        draw(axis, values)
        axis.set_title(title, fontsize=9)
    with atomic_file(path) as temporary:
        figure.savefig(temporary, dpi=120)


def _draw_images(axis, x: tf.Tensor) -> None:
    images = show_channels(unit_to_uint8(x).numpy())
    images = np.pad(images, ((0, 0), (0, 0), (0, 1), (0, 0)), constant_values=255)
    strip = np.concatenate(list(images), axis=1)
    strip = strip if strip.shape[-1] == 3 else strip[..., 0]
    axis.imshow(strip, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axis.set_axis_off()


def _draw_vectors(axis, x: tf.Tensor) -> None:
    points = x.numpy().reshape(len(x), -1)
    if points.shape[1] == 1:
        axis.hist(points[:, 0], bins=100)
    else:
        axis.plot(points[:, 0], points[:, 1], ",")
