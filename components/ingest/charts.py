"""Small charts as SVG, whose bytes depend on nothing but the numbers."""

from collections.abc import Sequence

import numpy as np

WIDTH, HEIGHT = 256, 64


def outline(shares: np.ndarray, tallest: float) -> str:
    """Draws the outline of a histogram.

    Args:
      shares: [bins], the heights of bars of equal width.
      tallest: the height that fills the chart.

    Returns:
      The attribute `d` of a path in a view box of `WIDTH` x `HEIGHT`.
    """
    steps = [f"M0 {HEIGHT}"]
    for number, share in enumerate(shares):
        height = HEIGHT * (1.0 - float(share) / tallest) if tallest else HEIGHT
        steps.append(f"V{_short(height)}H{_short(WIDTH * (number + 1) / len(shares))}")
    return "".join([*steps, f"V{HEIGHT}"])


def shares_of(counts: Sequence[int] | np.ndarray) -> np.ndarray:
    """Divides counts by their sum; zeros stay zeros."""
    counts = np.asarray(counts, np.float64)
    return counts / max(1.0, counts.sum())


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
