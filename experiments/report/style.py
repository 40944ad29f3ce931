"""How the figures of experiments look: colours and the way to a PNG."""

import io
import itertools
import threading
from collections.abc import Iterable, Iterator

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart by colour-blind readers.
BLUE = "#0072B2"
VERMILLION = "#D55E00"
GREEN = "#009E73"
ORANGE = "#E69F00"
PURPLE = "#CC79A7"
BLACK = "#000000"

# Told apart without colour as well.
_CURVES = (
    (BLUE, "o-"),
    (VERMILLION, "s--"),
    (GREEN, "^:"),
    (ORANGE, "D-."),
    (PURPLE, "v-"),
    (BLACK, "x--"),
)

_DOTS_PER_INCH = 200
# Experiments draw side by side, and Matplotlib's parser of formulas is shared.
_LOCK = threading.Lock()


def curves(names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """(name, colour, marks and line) of each curve of a panel, however many."""
    for name, (colour, mark) in zip(names, itertools.cycle(_CURVES)):
        yield name, colour, mark


def to_png(figure: Figure) -> bytes:
    """Renders a figure."""
    buffer = io.BytesIO()
    with _LOCK:
        FigureCanvasAgg(figure)
        figure.savefig(buffer, format="png", dpi=_DOTS_PER_INCH)
    return buffer.getvalue()
