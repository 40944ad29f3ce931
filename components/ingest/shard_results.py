"""Gathers what the workers have found in the shards."""

import bisect
import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.ingest.duplicate_report import split_order, summarize_duplicates
from components.ingest.duplicates import find_duplicates
from components.ingest.random_examples import RandomExamples
from components.ingest.statistics import Statistics
from components.ingest.validation import ShardTask
from smoothing_tf.artifacts import read_json
from smoothing_tf.data.source import Source


@dataclasses.dataclass(frozen=True)
class ShardResults:
    """The files that the workers have written, by split.

    Attributes:
      source: the data set.
      tasks: split -> its tasks, in order.
      reports: split -> the reports of its tasks, without rejects.
      rejects: split -> [index, place, reason] of every rejected record, in order.
    """

    source: Source
    tasks: Mapping[str, Sequence[ShardTask]]
    reports: Mapping[str, Sequence[Mapping[str, Any]]]
    rejects: Mapping[str, Sequence[list]]

    @classmethod
    def read(cls, source: Source, tasks: Sequence[ShardTask]) -> "ShardResults":
        """Reads the reports.

        Raises:
          ValueError: a shard is damaged, or its report is missing.
        """
        by_split: dict[str, list[ShardTask]] = {split: [] for split in source.shards}
        for task in tasks:
            by_split[task.split].append(task)
        reports: dict[str, list] = {split: [] for split in by_split}
        rejects: dict[str, list] = {split: [] for split in by_split}
        for split, own in by_split.items():
            for task in own:
                report = _read_report(task)
                rejects[split] += report.pop("rejects")
                reports[split].append(report)
        return cls(source, by_split, reports, rejects)

    @property
    def num_examples(self) -> dict[str, int]:
        """Split -> number of its sound examples."""
        return {
            split: sum(report["num_examples"] for report in reports)
            for split, reports in self.reports.items()
        }

    def statistics(self) -> dict[str, Statistics]:
        """Merges the statistics of each split, shard by shard."""
        record_format = self.source.format
        merged = {}
        for split, tasks in self.tasks.items():
            merged[split] = Statistics(record_format)
            for task in tasks:
                with np.load(task.statistics) as arrays:
                    merged[split].merge(Statistics.from_arrays(record_format, arrays))
        return merged

    def samples(self) -> dict[str, np.ndarray]:
        """Draws random examples of each split."""
        record_format = self.source.format
        drawn = {}
        for split, tasks in self.tasks.items():
            examples = RandomExamples(record_format.event_shape, record_format.dtype)
            for task in tasks:
                with np.load(task.statistics) as arrays:
                    examples.merge(arrays)
            drawn[split] = examples.examples()
        return drawn

    def duplicates(self) -> dict[str, Any]:
        """Makes the content of duplicates.json."""
        splits = split_order(self.tasks)
        groups = find_duplicates(
            [[task.digests for task in self.tasks[split]] for split in splits]
        )
        offsets = {
            split: [task.offset for task in tasks]
            for split, tasks in self.tasks.items()
        }

        def place_of(split: str, index: int) -> str:
            # The last one: shards without records begin where the next one does.
            number = bisect.bisect_right(offsets[split], index) - 1
            task = self.tasks[split][number]
            return task.shard.place_of(index - task.offset)

        return summarize_duplicates(
            groups, self.num_examples, place_of, self.source.class_names
        )


def _read_report(task: ShardTask) -> dict[str, Any]:
    path = pathlib.Path(task.report)
    if not path.is_file():
        raise ValueError(
            f"The workers have not written {path}. All of them must see the output"
            " directory, and the data, at the same path: use a file system that they"
            " share."
        )
    report = read_json(path)
    if report["error"] is not None:
        raise ValueError(report["error"])
    return report
