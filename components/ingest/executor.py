"""Ingest: checks every record of a data set and writes a TFDS directory."""

import os
import pathlib
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.beam_pipelines import run_for_each
from components.files import DATA_PAGE_FILE, file_name
from components.ingest.drift import FALSE_ALARM, find_drift
from components.ingest.duplicate_report import check_duplicates, split_order
from components.ingest.findings import find_unusual
from components.ingest.ingest_config import IngestConfig
from components.ingest.page import PageContent, render_page
from components.ingest.rejects import check_rejects
from components.ingest.shard_results import ShardResults
from components.ingest.statistics import Statistics
from components.ingest.tfds_directory import write_metadata
from components.ingest.validation import ValidateShardFn, shard_tasks, write_tasks
from components.shared_directories import shared_directories
from smoothing_tf.artifacts import Path, atomic_directory, write_json, write_text
from smoothing_tf.data.dataset import DataConfig, open_dataset
from smoothing_tf.data.licenses import find_license
from smoothing_tf.data.source import Source

STATISTICS_FILE = "statistics.json"
REJECTS_FILE = "rejects.json"
DUPLICATES_FILE = "duplicates.json"
ANOMALIES_FILE = "anomalies.json"


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
    max_duplicate_fraction: float = 1.0,
    page_file: Path | None = None,
    data_settings: Mapping[str, Any] | None = None,
) -> dict:
    """Checks every record of a data set and writes the sound ones.

    `output_dir` becomes a TFDS directory with the same splits, order and number of
    levels, and the license of the data if it is known. It also holds

    - data.html, a page about the data;
    - statistics.json, see `Statistics.to_json`, per split;
    - rejects.json, see `summarize_rejects`, per split; "left_out" names the files of a
      folder that do not belong to the data;
    - duplicates.json, see `summarize_duplicates`;
    - anomalies.json: "findings", see `find_unusual`, and "drift", the differences
      between the training split and each other one, see `Drift`.

    Two runs write the same bytes, on any runner and any number of workers. The memory
    depends on the number of files, of rejected records and of duplicates, not on the
    number of examples.

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
      max_duplicate_fraction: largest fraction of examples in a split that repeat an
        earlier one, of the same split or of an earlier one; see
        `summarize_duplicates`.
      page_file: file for a copy of the page, or None.
      data_settings: further fields of `DataConfig`, as plain JSON values.

    Returns:
      {"event_shape": list, "num_levels": int or None, and split -> int:
      "num_examples", "num_rejected", "num_duplicates"}.

    Raises:
      RuntimeError: a worker does not see the data or the output directory.
      ValueError: a split is empty, too many records are unsound or repeated, or a file
        is damaged. Nothing is written then.
    """
    config = IngestConfig(
        max_rejected_fraction,
        max_duplicate_fraction,
        beam_runner,
        tuple(beam_options),
    )
    # JSON may hold whole numbers as floats.
    size = tuple(int(side) for side in image_size) if image_size else None
    more: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in (data_settings or {}).items()
    }
    opened = open_dataset(
        DataConfig(dataset, data_dir, image_mode, size, num_levels, **more)
    )
    source, num_records = opened.source, opened.num_examples
    _check_not_empty(source, num_records)
    with atomic_directory(output_dir) as directory:
        # Workers may be killed, so that only complete files leave this directory.
        parts = directory / "parts"
        parts.mkdir()
        tasks = shard_tasks(source.shards, file_name(source.name), parts)
        with shared_directories(parts, [data_dir] if data_dir else []) as shared:
            run_for_each(
                write_tasks(tasks),
                ValidateShardFn(source.format),
                shared=shared,
                runner=config.beam_runner,
                options=config.beam_options,
            )
        results = ShardResults.read(source, tasks)
        rejects = check_rejects(
            results.rejects, num_records, max_rejected_fraction, source.format
        )
        duplicates = results.duplicates()
        check_duplicates(duplicates, max_duplicate_fraction)
        statistics, samples = results.statistics(), results.samples()
        for task in tasks:
            os.replace(task.output, directory / pathlib.Path(task.output).name)
        shutil.rmtree(parts)
        data_license = find_license(dataset) or source.license
        write_metadata(source, results.reports, directory, data_license)
        page = _write_findings(
            source, statistics, samples, duplicates, rejects, directory
        )
        if page_file is not None:
            write_text(page_file, page)
    return {
        "event_shape": list(source.format.event_shape),
        "num_levels": source.format.num_levels,
        "num_examples": {s: statistics[s].count for s in source.shards},
        "num_rejected": {s: rejects[s]["count"] for s in source.shards},
        "num_duplicates": {
            s: duplicates["splits"][s]["repeated"] for s in source.shards
        },
    }


def _check_not_empty(source: Source, num_records: dict[str, int]) -> None:
    for split, count in num_records.items():
        if count == 0:
            raise ValueError(
                f"The split {split!r} of {source.name!r} must hold at least one"
                " example; got none. Write the data set again without it."
            )


def _write_findings(
    source: Source,
    statistics: dict[str, Statistics],
    samples: dict[str, np.ndarray],
    duplicates: dict,
    rejects: dict[str, dict],
    directory: pathlib.Path,
) -> str:
    """Writes the page and the JSON files; returns the page."""
    remark = _remark(source, statistics)
    if remark is not None:
        print(remark, file=sys.stderr)
    drifts = {}
    if "train" in statistics:
        drifts = {
            split: find_drift(statistics["train"], statistics[split])
            for split in split_order(statistics)
            if split != "train"
        }
    findings = find_unusual(source, statistics, drifts, duplicates, rejects, remark)
    content = PageContent(
        source, statistics, samples, drifts, duplicates, rejects, findings
    )
    page = render_page(content)
    left_out = [{"path": path, "reason": why} for path, why in source.left_out]
    write_json(
        directory / STATISTICS_FILE,
        {split: statistics[split].to_json() for split in source.shards},
    )
    write_json(directory / REJECTS_FILE, {**rejects, "left_out": left_out})
    write_json(directory / DUPLICATES_FILE, duplicates)
    write_json(
        directory / ANOMALIES_FILE,
        {
            "findings": findings,
            "false_alarm": FALSE_ALARM,
            "drift": {s: [d.to_json() for d in found] for s, found in drifts.items()},
        },
    )
    write_text(directory / DATA_PAGE_FILE, page)
    return page


def _remark(source: Source, statistics: dict[str, Statistics]) -> str | None:
    """Makes the remark of the format on the levels of the training split."""
    train = statistics.get("train")
    if train is None or train.levels is None:
        return None
    return source.format.remark_on(np.flatnonzero(train.levels.sum(axis=0)))
