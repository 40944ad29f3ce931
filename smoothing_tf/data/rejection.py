"""Messages about unsound records, and the fraction that allows to leave them out."""

import fractions
import math
from collections.abc import Iterable, Sequence

_NUM_NAMED = 3


def sufficient_fraction(counts: Iterable[tuple[int, int]]) -> float:
    """Finds a short number no smaller than the share of unsound records in any split.

    Args:
      counts: (unsound records, all records) of the splits. Splits without a sound
        record are ignored, since no fraction suffices for them.

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
    # A split's share is compared as a float.
    first = 2 - math.floor(math.log10(share))
    for digits in range(first, first + 17):
        rounded = fractions.Fraction(math.ceil(share * 10**digits), 10**digits)
        if float(share) <= float(rounded) < 1.0:
            return float(rounded)
    return float(share)


def unsound_message(
    where: str,
    unsound: Sequence[tuple[int, str, str]],
    num_records: int,
    fraction: float | None,
    remedy: str | None = None,
) -> str:
    """Names the first unsound records of a split, and what to do about all.

    Args:
      where: description of the split.
      unsound: (index, place, reason) of every unsound record.
      num_records: number of records of the split.
      fraction: the `--max_rejected_fraction` with which the pipeline leaves them out;
        None where it cannot.
      remedy: a sentence on how they can be used after all, or None.

    Returns:
      Sentences in one line.
    """
    (index, place, reason), *others = unsound
    sentences = [f"Record {index} of {where} ({place}) {reason}"]
    them = "it"
    if others:
        them = "them"
        places = [other for _, other, _ in others[: _NUM_NAMED - 1]]
        if len(others) >= _NUM_NAMED:
            places.append("...")
        sentences.append(
            f"{len(others)} more of {num_records} are unsound ({', '.join(places)})"
        )
    advice = f"repair or remove {them}"
    if fraction is not None:
        advice += (
            f", or run the pipeline, which can leave {them} out"
            f" (pipeline.local_runner --max_rejected_fraction={fraction})"
        )
    message = "; ".join([*sentences, advice]) + "."
    return f"{message} {remedy}" if remedy else message
