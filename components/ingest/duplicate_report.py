"""Counts and names examples of the same content."""

import collections
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from components.ingest.duplicates import Occurrence
from smoothing_tf.data.rejection import sufficient_fraction

# Examples of an earlier one of these splits are not to occur in a later one.
_ORDER = ("train", "validation", "test")
_NUM_NAMED = 3


def split_order(splits: Iterable[str]) -> list[str]:
    """Sorts splits: train, validation and test, then all others by name."""
    return sorted(
        splits, key=lambda s: (_ORDER.index(s) if s in _ORDER else len(_ORDER), s)
    )


def summarize_duplicates(
    groups: Iterable[Sequence[Occurrence]],
    num_examples: Mapping[str, int],
    place_of: Callable[[str, int], str],
    class_names: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Makes the content of duplicates.json.

    Args:
      groups: examples of the same content, as `find_duplicates` yields them; their
        splits are numbered in the order of `split_order`.
      num_examples: split -> number of its sound examples.
      place_of: names the file of an example, given its split and index.
      class_names: names of the labels, or None.

    Returns:
      "splits": split -> {"num_examples"; "repeated", the number of its examples that
      occur before, in the same split or in an earlier one; "fraction", that of the
      examples; "within", the number of those that occur before in the same split;
      "also_in", other split -> the number of its examples that occur there, too}.
      "num_conflicts", the number of groups with several labels. "leaks", all groups
      that several splits share; "within", all others. A group is {"examples": a list of
      {"split", "index", "place", "label" if there are labels}}. Groups are in the order
      of their first examples.
    """
    splits = split_order(num_examples)
    repeated: collections.Counter[str] = collections.Counter()
    within: collections.Counter[str] = collections.Counter()
    also_in: dict[str, collections.Counter[str]] = {
        split: collections.Counter() for split in splits
    }
    leaks: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    num_conflicts = 0
    for group in sorted(groups, key=lambda group: group[0]):
        counts = collections.Counter(splits[example.split] for example in group)
        for number, (split, count) in enumerate(counts.items()):
            within[split] += count - 1
            repeated[split] += count if number else count - 1
            for other in counts.keys() - {split}:
                also_in[split][other] += count
        num_conflicts += len({example.label for example in group}) > 1
        described = {
            "examples": [
                _describe(splits[example.split], example, place_of, class_names)
                for example in group
            ]
        }
        (leaks if len(counts) > 1 else others).append(described)
    return {
        "splits": {
            split: {
                "num_examples": num_examples[split],
                "repeated": repeated[split],
                "fraction": repeated[split] / max(1, num_examples[split]),
                "within": within[split],
                "also_in": {o: also_in[split][o] for o in splits if o != split},
            }
            for split in splits
        },
        "num_conflicts": num_conflicts,
        "leaks": leaks,
        "within": others,
    }


def check_duplicates(report: Mapping[str, Any], max_fraction: float) -> None:
    """Checks that no split repeats too many examples.

    Args:
      report: the value of `summarize_duplicates`.
      max_fraction: largest "fraction" of a split.

    Raises:
      ValueError: a fraction is larger; the message names the first duplicates.
    """
    counts = {
        split: (values["repeated"], values["num_examples"])
        for split, values in report["splits"].items()
        if values["fraction"] > max_fraction
    }
    if not counts:
        return
    what = " and ".join(
        f"{bad} of {total} examples of the split {split!r}"
        for split, (bad, total) in counts.items()
    )
    groups = [
        group
        for group in [*report["leaks"], *report["within"]]
        if {example["split"] for example in group["examples"]} & counts.keys()
    ]
    named = "; ".join(
        " = ".join(example["place"] for example in group["examples"][:_NUM_NAMED])
        for group in groups[:_NUM_NAMED]
    )
    raise ValueError(
        "`max_duplicate_fraction` must be at least"
        f" {sufficient_fraction(counts.values())} to proceed with {what} that repeat an"
        f" earlier one; got {max_fraction}. First: {named}. Remove them, or raise it:"
        " duplicates.json then names all of them."
    )


def _describe(
    split: str,
    example: Occurrence,
    place_of: Callable[[str, int], str],
    class_names: Sequence[str] | None,
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "split": split,
        "index": example.index,
        "place": place_of(split, example.index),
    }
    if example.label >= 0:
        described["label"] = example.label
        if class_names is not None:
            described["label"] = class_names[example.label]
    return described
