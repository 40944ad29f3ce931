"""The common style of all figures: sizes, colors, text, and rendering to PNG."""

import contextlib
import io
import itertools
import threading
from collections.abc import Iterable, Iterator

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Widths in inches: of a page's text, and of a figure with a single panel.
PAGE_WIDTH = 7.2
PANEL_WIDTH = 4.6

# Colors by Okabe and Ito, which color-blind readers can distinguish.
BLUE = "#0072B2"
VERMILLION = "#D55E00"
GREEN = "#009E73"
ORANGE = "#E69F00"
PURPLE = "#CC79A7"
BLACK = "#000000"
# Greys of reference lines, of points behind a plot and of filled areas.
DARK_GREY = "0.4"
GREY = "0.7"
LIGHT_GREY = "0.8"
DENSITY_COLORS = "cividis"

# Markers and dashes distinguish the curves without color as well.
_CURVES = (
    (BLUE, "o-"),
    (VERMILLION, "s--"),
    (GREEN, "^:"),
    (ORANGE, "D-."),
    (PURPLE, "v-"),
    (BLACK, "x--"),
)
_RC = {
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "figure.constrained_layout.use": True,
    "legend.fontsize": 7,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.5,
    "savefig.dpi": 200,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
}
# Experiments draw in several threads, while Matplotlib's settings and its parser of
# formulas are global.
_LOCK = threading.RLock()


@contextlib.contextmanager
def apply() -> Iterator[None]:
    """Applies the style to figures that are made and rendered in the context.

    Used as the decorator of a function that draws a figure.
    """
    with _LOCK, matplotlib.rc_context(_RC):
        yield


def curves(names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yields (name, color, marker and dashes) for each curve of a panel."""
    for name, (color, mark) in zip(names, itertools.cycle(_CURVES)):
        yield name, color, mark


def draw_reference(axes: Axes, y: float, label: str) -> None:
    """Draws a thin horizontal line, e.g. a floor or a limit."""
    axes.axhline(y, color=DARK_GREY, linewidth=0.8, label=label)


def to_png(figure: Figure) -> bytes:
    """Renders a figure that was made under `apply`."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
