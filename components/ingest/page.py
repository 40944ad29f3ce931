"""The page about a data set: one HTML file without outside references."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.ingest.charts import HEIGHT, WIDTH, outline, shares_of
from components.ingest.column_histograms import aligned_counts
from components.ingest.drift import FALSE_ALARM, Drift
from components.ingest.duplicate_report import split_order
from components.ingest.findings import name_of
from components.ingest.statistics import Statistics
from smoothing_tf.data.channels import describe_channels
from smoothing_tf.data.source import Source
from smoothing_tf.evaluation.html_page import data_url, render_html
from smoothing_tf.sampling.pictures import image_grid, png_bytes

_TEMPLATE = "page.html.j2"
# Red, green and blue that color-blind readers can distinguish; others are grey.
_COLORS = {3: ("#D55E00", "#009E73", "#0072B2")}
_INK = "#1c2126"
_MOST_ROWS = 50
_MOST_COLUMNS = 256
_GRID_COLUMNS = 8


@dataclasses.dataclass(frozen=True)
class PageContent:
    """What the page shows.

    Attributes:
      source: the data set.
      statistics: split -> its statistics.
      samples: split -> random examples, [n, ...event].
      drifts: split -> differences from the training split.
      duplicates: content of duplicates.json.
      rejects: content of rejects.json by split.
      findings: the value of `find_unusual`.
    """

    source: Source
    statistics: Mapping[str, Statistics]
    samples: Mapping[str, np.ndarray]
    drifts: Mapping[str, Sequence[Drift]]
    duplicates: Mapping[str, Any]
    rejects: Mapping[str, Mapping[str, Any]]
    findings: Sequence[Mapping[str, str]]


def render_page(content: PageContent) -> str:
    """Renders the page; the same content gives the same bytes."""
    splits = split_order(content.statistics)
    has_levels = content.source.format.num_levels is not None
    is_image = has_levels and len(content.source.format.event_shape) == 3
    return render_html(
        __package__,
        _TEMPLATE,
        name=content.source.name,
        facts=_facts(content.source),
        findings=content.findings,
        splits=[_split_row(content, split) for split in splits],
        split_names=splits,
        chart={"width": WIDTH, "height": HEIGHT},
        leaks=_groups(content.duplicates["leaks"]),
        repeats=_groups(content.duplicates["within"]),
        histograms=_level_charts(content, splits) if has_levels else [],
        columns=[] if has_levels else _column_rows(content, splits),
        num_columns=int(np.prod(content.source.format.event_shape, dtype=int)),
        classes=_class_rows(content, splits),
        drifts=_drift_rows(content),
        false_alarm=f"{FALSE_ALARM:g}",
        pictures=_pictures(content, splits) if is_image else [],
        channels_note=describe_channels(content.source.format.event_shape[-1])
        if is_image
        else None,
        rejects={s: content.rejects[s] for s in splits if content.rejects[s]["count"]},
    )


def _facts(source: Source) -> dict[str, str]:
    shape = " x ".join(map(str, source.format.event_shape))
    facts = {"Shape of an example": shape, "Stored as": source.format.dtype}
    if source.format.num_levels is None:
        facts["Values"] = "real numbers"
        if source.standardization is not None:
            facts["Values"] += ", standardized on the training split"
    else:
        last = source.format.num_levels - 1
        facts["Values"] = f"{last + 1} levels, 0 to {last}"
    if source.format.num_classes is not None:
        facts["Classes"] = str(source.format.num_classes)
    return facts


def _split_row(content: PageContent, split: str) -> dict[str, Any]:
    summary = content.statistics[split].to_json()
    duplicates = content.duplicates["splits"][split]
    return {
        "name": split,
        "count": summary["count"],
        "rejected": content.rejects[split]["count"],
        "repeated": duplicates["repeated"],
        **{name: _number(summary[name]) for name in ("mean", "std", "min", "max")},
    }


def _groups(groups: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "shown": [group["examples"] for group in groups[:_MOST_ROWS]],
        "more": max(0, len(groups) - _MOST_ROWS),
    }


def _level_charts(content: PageContent, splits: Sequence[str]) -> list[dict[str, Any]]:
    shares = {}
    for split in splits:
        levels = content.statistics[split].levels
        assert levels is not None
        shares[split] = [shares_of(channel) for channel in levels]
    tallest = max(float(s.max()) for channels in shares.values() for s in channels)
    charts = []
    for split, channels in shares.items():
        colors = _COLORS.get(len(channels), (_INK,) * len(channels))
        lines = [
            {"d": outline(channel, tallest), "color": color}
            for channel, color in zip(channels, colors)
        ]
        charts.append({"split": split, "lines": lines, "tallest": f"{tallest:.3g}"})
    return charts


def _column_rows(content: PageContent, splits: Sequence[str]) -> list[dict[str, Any]]:
    statistics = [content.statistics[split] for split in splits]
    histograms = [s.columns for s in statistics if s.columns is not None]
    rows = []
    for column in range(min(len(statistics[0].mean), _MOST_COLUMNS)):
        counts, start, width = aligned_counts(histograms, column)
        stop = int(np.flatnonzero(sum(counts))[-1]) + 1
        shares = [shares_of(c)[:stop] for c in counts]
        tallest = max(float(s.max()) for s in shares)
        cells = [
            {
                "d": outline(share, tallest),
                "mean": _number(float(s.mean[column])),
                "std": _number(float(s.std[column])),
                "range": f"{_number(float(s.low[column]))} to"
                f" {_number(float(s.high[column]))}",
            }
            for share, s in zip(shares, statistics)
        ]
        rows.append(
            {
                "name": name_of(content.source, column),
                "edges": f"{_number(start)} to {_number(start + stop * width)}",
                "cells": cells,
            }
        )
    return rows


def _class_rows(content: PageContent, splits: Sequence[str]) -> list[dict[str, Any]]:
    counts = {}
    for split in splits:
        class_counts = content.statistics[split].class_counts
        if class_counts is None:
            return []
        counts[split] = class_counts
    shares = {split: shares_of(c) for split, c in counts.items()}
    tallest = max(float(s.max()) for s in shares.values()) or 1.0
    names = content.source.class_names or tuple(map(str, range(len(counts[splits[0]]))))
    return [
        {
            "name": name,
            "cells": [
                {
                    "count": int(counts[split][number]),
                    "share": f"{100.0 * shares[split][number]:.2f} %",
                    "bar": f"{100.0 * shares[split][number] / tallest:.1f}",
                }
                for split in splits
            ],
        }
        for number, name in enumerate(names)
    ]


def _drift_rows(content: PageContent) -> dict[str, dict[str, Any]]:
    """Split -> the differences nearest to what is found, or beyond it."""
    tables = {}
    for split, drifts in content.drifts.items():
        rows = []
        for drift in sorted(drifts, key=lambda d: -max(d.ratios))[:_MOST_ROWS]:
            what = "classes"
            if drift.number is not None:
                what = name_of(content.source, drift.number)
            row = {"what": what, "is_found": drift.is_found}
            for name in ("distance", "noise", "cumulative", "cumulative_noise"):
                value = getattr(drift, name)
                row[name] = "" if value is None else f"{value:.4f}"
            rows.append(row)
        tables[split] = {"rows": rows, "more": len(drifts) - len(rows)}
    return tables


def _pictures(content: PageContent, splits: Sequence[str]) -> list[dict[str, Any]]:
    record_format = content.source.format
    assert record_format.num_levels is not None
    scale = 255.0 / (record_format.num_levels - 1)
    largest = max(float(s.std.max()) for s in content.statistics.values()) or 1.0
    pictures = []
    for split in splits:
        statistics = content.statistics[split]
        samples = np.rint(content.samples[split] * scale).astype(np.uint8)
        mean = np.rint(statistics.mean * scale)
        std = np.rint(statistics.std * (255.0 / largest))
        pictures.append(
            {
                "split": split,
                "num_samples": len(samples),
                "samples": _picture(samples),
                "mean": _picture(mean.reshape(1, *record_format.event_shape)),
                "std": _picture(std.reshape(1, *record_format.event_shape)),
                "largest": _number(largest),
            }
        )
    return pictures


def _picture(images: np.ndarray) -> str:
    columns = min(_GRID_COLUMNS, len(images))
    if images.shape[1] * columns > 1024:
        columns = max(1, 1024 // images.shape[1])
    grid = image_grid(images.astype(np.uint8), columns, scale=1, gap=1)
    return data_url("png", png_bytes(grid))


def _number(value: float) -> str:
    return f"{value:.4g}"
