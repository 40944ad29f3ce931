"""Which `--max_rejected_fraction` lets unsound records be left out."""

import fractions
import math
from collections.abc import Iterable


def sufficient_fraction(counts: Iterable[tuple[int, int]]) -> float:
    """A short number that is at least the share of unsound records in every split.

    Args:
      counts: (unsound records, records) of the splits; splits without a sound record
        are left out, for which no fraction would do.

    Returns:
      At least the largest share, above it by less than 1 in the third digit, and
      below 1.
    """
    share = max(
        (fractions.Fraction(bad, total) for bad, total in counts if bad < total),
        default=fractions.Fraction(0),
    )
    if not share:
        return 0.0
    digits = 2 - math.floor(math.log10(share))
    while True:
        rounded = fractions.Fraction(math.ceil(share * 10**digits), 10**digits)
        if rounded < 1 and float(rounded) >= share:
            return float(rounded)
        digits += 1
