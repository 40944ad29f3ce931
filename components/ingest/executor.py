"""Ingest: checks every record of a data set and writes a TFDS directory."""

import pathlib
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_datasets as tfds

from components.beam_pipelines import make_pipeline
from components.ingest.ingest_config import IngestConfig
from components.ingest.statistics import StatisticsFn
from components.ingest.validation import (
    ShardTask,
    ValidateShardFn,
    shard_tasks,
    summarize_rejects,
)
from smoothing_tf.artifacts import atomic_directory, read_json, write_json
from smoothing_tf.data.dataset import DataConfig, open_dataset
from smoothing_tf.data.record_format import RecordFormat
from smoothing_tf.data.rejection import sufficient_fraction
from smoothing_tf.data.source import Source

STATISTICS_FILE = "statistics.json"
REJECTS_FILE = "rejects.json"

_MAX_NAME_LENGTH = 64


def run(
    *,
    dataset: str,
    data_dir: str | None,
    max_rejected_fraction: float,
    beam_runner: str,
    beam_options: list[str],
    output_dir: str,
    image_mode: str = "auto",
    image_size: Sequence[int] | None = None,
    num_levels: int | None = None,
    data_settings: Mapping[str, Any] | None = None,
) -> dict:
    """Checks every record of a data set and writes the sound ones.

    `output_dir` becomes a TFDS directory with the same splits, order and number of
    levels. It also holds statistics.json (see `StatisticsFn`, per split) and
    rejects.json (see `summarize_rejects`, per split; "left_out" names the files of a
    folder that do not belong to the data). Two runs write the same records.

    Args:
      dataset: name of the data set; see `DataConfig`, also for the other settings.
      data_dir: directory of the data set, or None.
      max_rejected_fraction: largest fraction of unsound records in a split.
      beam_runner: name of a Beam runner.
      beam_options: options of the runner.
      output_dir: directory to write; must be empty or not exist.
      image_mode: conversion of the channels of a folder's images.
      image_size: (height, width) of a folder's images, or None.
      num_levels: number of levels of a folder's images, or None.
      data_settings: further fields of `DataConfig`, as plain JSON values.

    Returns:
      {"event_shape": list, "num_levels": int or None, "num_examples": split ->
      int, "num_rejected": split -> int}.

    Raises:
      ValueError: a split is empty, too many records are unsound, or a file is
        damaged. Nothing is written then.
    """
    config = IngestConfig(max_rejected_fraction, beam_runner, tuple(beam_options))
    # JSON may hold whole numbers as floats.
    size = tuple(int(side) for side in image_size) if image_size else None
    more: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in (data_settings or {}).items()
    }
    opened = open_dataset(
        DataConfig(dataset, data_dir, image_mode, size, num_levels, **more)
    )
    source, num_examples = opened.source, opened.num_examples
    _check_not_empty(source, num_examples)
    name = _file_name(source.name)
    with atomic_directory(output_dir) as directory:
        tasks = shard_tasks(source.shards, name, directory)
        _run_beam(tasks, source, directory / "reports", config)
        reports = {task: read_json(task.report) for task in tasks}
        rejects = _check_rejects(
            reports, num_examples, max_rejected_fraction, source.format
        )
        statistics = {
            split: read_json(_statistics_report(directory / "reports", split))
            for split in source.shards
        }
        if "histogram" in statistics.get("train", {}):
            levels = np.flatnonzero(statistics["train"]["histogram"])
            if (remark := source.format.remark_on(levels)) is not None:
                print(remark, file=sys.stderr)
        shutil.rmtree(directory / "reports")
        _write_metadata(source, reports, directory)
        write_json(directory / STATISTICS_FILE, statistics)
        left_out = [{"path": path, "reason": why} for path, why in source.left_out]
        write_json(directory / REJECTS_FILE, {**rejects, "left_out": left_out})
    return {
        "event_shape": list(source.format.event_shape),
        "num_levels": source.format.num_levels,
        "num_examples": {s: statistics[s]["count"] for s in source.shards},
        "num_rejected": {s: rejects[s]["count"] for s in source.shards},
    }


def _file_name(name: str) -> str:
    """Makes the prefix of the names of a data set's files, which TFDS parses back.

    It begins with a letter, holds only characters that are safe in a file name, and is
    short enough.
    """
    name = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not name[:1].isalpha():
        name = f"data_{name}".strip("_")
    return name[:_MAX_NAME_LENGTH].strip("_")


def _check_not_empty(source: Source, num_examples: dict[str, int]) -> None:
    for split, count in num_examples.items():
        if count == 0:
            raise ValueError(
                f"The split {split!r} of {source.name!r} must hold at least one"
                " example; got none. Write the data set again without it."
            )


def _statistics_report(directory: pathlib.Path, split: str) -> pathlib.Path:
    return directory / f"statistics-{split}.json"


def _run_beam(
    tasks: list[ShardTask],
    source: Source,
    reports: pathlib.Path,
    config: IngestConfig,
) -> None:
    with make_pipeline(config.beam_runner, config.beam_options) as pipeline:
        _ = (
            pipeline
            | "Shards" >> beam.Create(tasks)
            | "Spread" >> beam.Reshuffle()
            | "Validate" >> beam.ParDo(ValidateShardFn(source.format))
            | "Statistics" >> beam.CombinePerKey(StatisticsFn(source.format.num_levels))
            | "Report"
            >> beam.MapTuple(
                lambda split, statistics: write_json(
                    _statistics_report(reports, split), statistics
                )
            )
        )


def _check_rejects(
    reports: dict[ShardTask, dict],
    num_examples: dict[str, int],
    max_rejected_fraction: float,
    record_format: RecordFormat,
) -> dict[str, dict]:
    """Returns the content of rejects.json by split; raises if too much is rejected."""
    summaries, first = {}, {}
    for split, count in num_examples.items():
        rejects = []
        for task, report in reports.items():
            if task.split == split:
                if report["error"] is not None:
                    raise ValueError(report["error"])
                rejects += report["rejects"]
        summaries[split] = summarize_rejects(rejects, count)
        first[split] = "; ".join(
            f"record {index} ({place}) {reason}" for index, place, reason in rejects[:3]
        )
        if remedy := record_format.remedy_for(reason for _, _, reason in rejects):
            first[split] += f". {remedy.removesuffix('.')}"
        if len(rejects) == count:
            raise ValueError(
                f"The split {split!r} must hold at least one sound record; all {count}"
                f" were rejected. First: {first[split]}."
            )
    too_many = [
        split
        for split, summary in summaries.items()
        if summary["fraction"] > max_rejected_fraction
    ]
    if too_many:
        counts = {s: (summaries[s]["count"], num_examples[s]) for s in too_many}
        what = " and ".join(
            f"{bad} of {total} records of the split {split!r}"
            for split, (bad, total) in counts.items()
        )
        raise ValueError(
            "`max_rejected_fraction` must be at least"
            f" {sufficient_fraction(counts.values())} to proceed without {what}; got"
            f" {max_rejected_fraction}. First: {first[too_many[0]]}."
        )
    return summaries


def _write_metadata(
    source: Source, reports: dict[ShardTask, dict], directory: pathlib.Path
) -> None:
    record_format = source.format
    if record_format.num_levels is None:
        connector = tfds.features.Tensor(
            shape=record_format.event_shape, dtype=np.float32
        )
    else:
        connector = tfds.features.Image(
            shape=record_format.event_shape, dtype=np.dtype(record_format.dtype).type
        )
    metadata = source.metadata()
    features = {record_format.feature: connector}
    if source.class_names is not None:
        features["label"] = tfds.features.ClassLabel(names=source.class_names)
    tfds.folder_dataset.write_metadata(
        data_dir=directory,
        features=features,
        split_infos=[
            tfds.core.SplitInfo(
                name=split,
                shard_lengths=[
                    report["num_examples"]
                    for task, report in reports.items()
                    if task.split == split
                ],
                num_bytes=sum(
                    report["num_bytes"]
                    for task, report in reports.items()
                    if task.split == split
                ),
            )
            for split in source.shards
        ],
        description=f"Records of {source.name}, checked one by one.",
        metadata=tfds.core.MetadataDict(metadata) if metadata else None,
        check_data=False,
    )
