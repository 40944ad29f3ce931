"""Plots of the report: training curves."""

import io
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from smoothing_tf.sampling.plot_style import BLUE, VERMILION, style_axes

_QUANTITIES = (
    ("bits_per_dim", "bits per dimension"),
    ("nats", "negative log-likelihood, nats"),
)

History = Sequence[Mapping[str, float]]


def training_curves(history: History, title: str) -> bytes | None:
    """Plots the training and validation curves of one stage.

    Args:
      history: rows {"step", "train_bits_per_dim", "validation_bits_per_dim"}, or
        "*_nats" for vectors; a row may lack either.
      title: text above the curves.

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
        (None, ""),
    )
    if quantity is None:
        return None
    figure = Figure(figsize=(4.6, 3.0), layout="constrained")
    axes = figure.subplots()
    drawn = []
    for name, color, style in (
        ("train", BLUE, {"linewidth": 1.1, "alpha": 0.85}),
        (
            "validation",
            VERMILION,
            {"linewidth": 1.8, "linestyle": (0, (5, 1.5)), "marker": "o"},
        ),
    ):
        rows = [row for row in history if row.get(f"{name}_{quantity}") is not None]
        if not rows:
            continue
        steps = np.array([row["step"] for row in rows])
        values = np.array([row[f"{name}_{quantity}"] for row in rows])
        # Markers show single points, which a line alone would not.
        size = 3.5 if len(rows) <= 40 else 0.0
        axes.plot(steps, values, color=color, label=name, markersize=size, **style)
        drawn.append(values)
    # The first steps are far off and would flatten the rest of the curve.
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
    style_axes(axes)
    buffer = io.BytesIO()
    # A fixed salt and no date: the same curves give the same bytes.
    with matplotlib.rc_context({"svg.hashsalt": "smoothing_tf"}):
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    return buffer.getvalue()
