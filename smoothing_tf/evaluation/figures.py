"""Plots of the report: training curves and clouds of points."""

import io
import math
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from smoothing_tf.data.subsets import subset_indices

# Okabe and Ito's colours, told apart by colour-blind readers; the lines differ in
# their dashes too.
_TRAIN_COLOUR, _VALIDATION_COLOUR = "#0072B2", "#D55E00"
_INK = "#33383d"
_QUANTITIES = (
    ("bits_per_dim", "bits per dimension"),
    ("nats", "negative log-likelihood, nats"),
)

History = Sequence[Mapping[str, float]]


def training_curves(history: History, title: str) -> bytes | None:
    """Training and validation curves of one stage.

    Args:
      history: rows {"step", "train_bits_per_dim", "validation_bits_per_dim"}, or
        "*_nats" for vectors; a row may lack either.
      title: shown above the curves.

    Returns:
      An SVG, or None when there is nothing to draw.
    """
    quantity, label = next(
        (
            (name, label)
            for name, label in _QUANTITIES
            if any(f"train_{name}" in row for row in history)
            or any(f"validation_{name}" in row for row in history)
        ),
        (None, None),
    )
    if quantity is None:
        return None
    figure = Figure(figsize=(4.6, 3.0), layout="constrained")
    axes = figure.subplots()
    drawn = []
    for name, colour, style in (
        ("train", _TRAIN_COLOUR, {"linewidth": 1.1, "alpha": 0.85}),
        (
            "validation",
            _VALIDATION_COLOUR,
            {"linewidth": 1.8, "linestyle": (0, (5, 1.5)), "marker": "o"},
        ),
    ):
        rows = [row for row in history if row.get(f"{name}_{quantity}") is not None]
        if not rows:
            continue
        steps = np.array([row["step"] for row in rows])
        values = np.array([row[f"{name}_{quantity}"] for row in rows])
        # Markers only where single points would vanish in the line.
        size = 3.5 if len(rows) <= 40 else 0.0
        axes.plot(steps, values, color=colour, label=name, markersize=size, **style)
        drawn.append(values)
    # The first steps are far off and would press everything else into a line.
    values = np.concatenate(drawn)
    late = np.concatenate([v[len(v) // 20 :] for v in drawn])
    low, high = values.min(), np.quantile(late, 0.995)
    pad = 0.06 * (high - low) or 0.5
    axes.set_ylim(low - pad, high + pad)
    axes.set_xlabel("training step")
    axes.set_ylabel(label)
    axes.set_title(title, loc="left", fontweight="bold")
    axes.legend(frameon=False)
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5, integer=True))
    _style(axes)
    buffer = io.BytesIO()
    # A fixed salt and no date: the same curves give the same bytes.
    with matplotlib.rc_context({"svg.hashsalt": "smoothing_tf"}):
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    return buffer.getvalue()


def scatter_columns(groups: Mapping[str, np.ndarray], *, max_points: int = 5000):
    """Clouds of points side by side, first against second coordinate.

    Args:
      groups: label -> [n, d], d of at least 2 (d of 1: a histogram).
      max_points: points drawn of each group at most, a random subset; as many of
        every group, to be compared. Groups of one size show the same places.

    Returns:
      uint8 [height, width, 3], axes in the data's own unit and shared.
    """
    number = min(max_points, *map(len, groups.values()))
    groups = {
        label: points[np.sort(subset_indices(len(points), number))]
        for label, points in groups.items()
    }
    columns = min(len(groups), 4)
    rows = math.ceil(len(groups) / columns)
    figure = Figure(figsize=(3.0 * columns, 3.1 * rows), dpi=130, layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    everything = np.concatenate(list(groups.values()))
    low, high = np.quantile(everything, [0.001, 0.999], axis=0)
    margin = 0.1 * (high - low) + 1e-12
    low, high = low - margin, high + margin
    for axes, (label, points) in zip(panels, groups.items()):
        axes.set_title(label)
        axes.set_xlim(low[0], high[0])
        axes.set_xlabel("x1")
        if points.shape[1] == 1:
            edges = np.linspace(low[0], high[0], 101)
            axes.hist(points[:, 0], edges, density=True, color=_TRAIN_COLOUR)
            axes.set_ylabel("density")
        else:
            axes.scatter(
                points[:, 0], points[:, 1], s=2, alpha=0.4, lw=0, color=_TRAIN_COLOUR
            )
            axes.set_ylim(low[1], high[1])
            axes.set_ylabel("x2")
        _style(axes)
    for axes in panels[len(groups) :]:
        axes.set_visible(False)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _style(axes) -> None:
    axes.grid(alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=_INK, labelsize=9)
    for text in (axes.xaxis.label, axes.yaxis.label, axes.title):
        text.set_color(_INK)
        text.set_fontsize(10)
