"""Counts and names rejected records."""

import collections
from collections.abc import Mapping, Sequence
from typing import Any

from smoothing_tf.data.record_format import RecordFormat
from smoothing_tf.data.rejection import sufficient_fraction


def check_rejects(
    rejects: Mapping[str, Sequence[list]],
    num_records: Mapping[str, int],
    max_fraction: float,
    record_format: RecordFormat,
) -> dict[str, dict[str, Any]]:
    """Summarizes rejected records, unless they are too many.

    Args:
      rejects: split -> [index, place, reason] of every rejected record, in order.
      num_records: split -> number of its records, sound ones included.
      max_fraction: largest share of rejected records in a split.
      record_format: format of the records.

    Returns:
      Split -> the value of `summarize_rejects`.

    Raises:
      ValueError: a split has no sound record, or a share is too large.
    """
    summaries, first = {}, {}
    for split, count in num_records.items():
        rejected = rejects[split]
        summaries[split] = summarize_rejects(rejected, count)
        first[split] = "; ".join(
            f"record {index} ({place}) {reason}"
            for index, place, reason in rejected[:3]
        )
        if remedy := record_format.remedy_for(reason for _, _, reason in rejected):
            first[split] += f". {remedy.removesuffix('.')}"
        if len(rejected) == count:
            raise ValueError(
                f"The split {split!r} must hold at least one sound record; all {count}"
                f" were rejected. First: {first[split]}."
            )
    too_many = [
        split
        for split, summary in summaries.items()
        if summary["fraction"] > max_fraction
    ]
    if too_many:
        counts = {s: (summaries[s]["count"], num_records[s]) for s in too_many}
        what = " and ".join(
            f"{bad} of {total} records of the split {split!r}"
            for split, (bad, total) in counts.items()
        )
        raise ValueError(
            "`max_rejected_fraction` must be at least"
            f" {sufficient_fraction(counts.values())} to proceed without {what}; got"
            f" {max_fraction}. First: {first[too_many[0]]}."
        )
    return summaries


def summarize_rejects(rejects: Sequence[list], num_examples: int) -> dict[str, Any]:
    """Summarizes the rejected records of a split for rejects.json.

    Args:
      rejects: [index, place, reason] of every rejected record, in order.
      num_examples: records read, sound ones included.

    Returns:
      "count", "num_examples", "fraction", the 20 most common "reasons", the "first" ten
      rejected records, and all of them, "records".
    """
    records = [
        {"index": index, "place": place, "reason": reason}
        for index, place, reason in rejects
    ]
    reasons = collections.Counter(reason for _, _, reason in rejects)
    return {
        "count": len(rejects),
        "num_examples": num_examples,
        "fraction": len(rejects) / num_examples,
        "reasons": dict(reasons.most_common(20)),
        "first": records[:10],
        "records": records,
    }
