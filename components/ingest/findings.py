"""What is unusual about the data, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.ingest.drift import Drift
from components.ingest.duplicate_report import split_order
from components.ingest.statistics import Statistics
from smoothing_tf.data.source import Source

_NUM_NAMED = 5
# A class of this expected number of examples is missing by chance once in 1,000 times.
_EXPECTED = 6.9


def find_unusual(
    source: Source,
    statistics: Mapping[str, Statistics],
    drifts: Mapping[str, Sequence[Drift]],
    duplicates: Mapping[str, Any],
    rejects: Mapping[str, Mapping[str, Any]],
    remark: str | None,
) -> list[dict[str, str]]:
    """Describes anomalies, the gravest first.

    Args:
      source: the data set.
      statistics: split -> its statistics.
      drifts: split -> differences from the training split.
      duplicates: content of duplicates.json.
      rejects: content of rejects.json by split.
      remark: a remark on the training examples, or None.

    Returns:
      {"kind": a word for the kind of anomaly, "text": a sentence or two} each.
    """
    found = [
        *_duplicates(duplicates),
        *_classes(source, statistics),
        *_drifts(source, drifts),
        *_constants(source, statistics),
        *_rejects(rejects),
    ]
    if source.left_out:
        files = _count(len(source.left_out), "file")
        text = f"Left out of the folder: {files}, which rejects.json names."
        found.append(("left out", text))
    if remark is not None:
        found.append(("levels", remark))
    return [{"kind": kind, "text": text} for kind, text in found]


def name_of(source: Source, number: int) -> str:
    """Names a channel of images, or a column of vectors."""
    if source.columns is not None:
        return f"column {source.columns[number]!r}"
    what = "column" if source.format.num_levels is None else "channel"
    return f"{what} {number}"


def _duplicates(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    splits = list(report["splits"])
    for position, split in enumerate(splits):
        for earlier in splits[:position]:
            count = report["splits"][split]["also_in"][earlier]
            if count:
                total = report["splits"][split]["num_examples"]
                text = (
                    f"{count} of {total} examples of the split {split!r} are in"
                    f" {earlier!r} as well."
                )
                found.append(("leak", text))
    if report["num_conflicts"]:
        groups = _count(report["num_conflicts"], "group")
        text = f"Identical examples have several labels: {groups}."
        found.append(("labels", text))
    for split, values in report["splits"].items():
        if values["within"]:
            text = (
                f"{values['within']} of {values['num_examples']} examples of the split"
                f" {split!r} repeat an earlier one of that split."
            )
            found.append(("duplicates", text))
    return found


def _classes(
    source: Source, statistics: Mapping[str, Statistics]
) -> list[tuple[str, str]]:
    counts = {split: s.class_counts for split, s in statistics.items()}
    known = {split: c for split, c in counts.items() if c is not None}
    if not known:
        return []
    found = []
    total = sum(known.values())
    assert isinstance(total, np.ndarray)
    for split in split_order(known):
        expected = total / max(1, total.sum()) * known[split].sum()
        missing = np.flatnonzero((known[split] == 0) & (total > 0))
        if split != "train":
            missing = missing[expected[missing] > _EXPECTED]
        if len(missing):
            names = [_class_name(source, int(number)) for number in missing]
            text = f"The split {split!r} has no example of {_list(names, 'class')}."
            found.append(("classes", text))
    return found


def _drifts(
    source: Source, drifts: Mapping[str, Sequence[Drift]]
) -> list[tuple[str, str]]:
    found = []
    for split, differences in drifts.items():
        for drift in [d for d in differences if d.is_found]:
            if drift.what == "classes":
                what = "shares of the classes"
                where = f"at class {_class_name(source, int(drift.where))}"
            else:
                assert drift.number is not None
                what = f"values of {name_of(source, drift.number)}"
                where = f"at {drift.where:.4g}"
            text = (
                f"The {what} differ between 'train' and {split!r}: the largest"
                f" difference of shares is {drift.distance:.4f} ({where}); by chance"
                f" it is at most {drift.noise:.4f}."
            )
            shares, cumulative = drift.ratios
            if cumulative > shares:
                text = (
                    f"The {what} differ between 'train' and {split!r}: the largest"
                    " difference of the shares up to a value is"
                    f" {drift.cumulative:.4f}; by chance it is at most"
                    f" {drift.cumulative_noise:.4f}."
                )
            found.append(("drift", text))
    return found


def _constants(
    source: Source, statistics: Mapping[str, Statistics]
) -> list[tuple[str, str]]:
    train = statistics.get("train")
    if train is None:
        return []
    if train.levels is not None:
        constant = np.flatnonzero(np.count_nonzero(train.levels, axis=1) == 1)
    else:
        constant = np.flatnonzero(train.low == train.high)
    if not len(constant):
        return []
    names = [name_of(source, int(number)) for number in constant]
    what = _list(names, "")
    return [("constant", f"All training values of {what} are the same.")]


def _rejects(rejects: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [
        (
            "rejected",
            f"{rejects[split]['count']} of {rejects[split]['num_examples']} records of"
            f" the split {split!r} were rejected.",
        )
        for split in split_order(rejects)
        if rejects[split]["count"]
    ]


def _class_name(source: Source, number: int) -> str:
    names = source.class_names
    return repr(names[number]) if names else str(number)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _list(names: Sequence[str], what: str) -> str:
    """Joins names, the first five of many."""
    shown = ", ".join(names[:_NUM_NAMED])
    if len(names) > _NUM_NAMED:
        shown += f" and {len(names) - _NUM_NAMED} more"
    return f"{what} {shown}".strip()
