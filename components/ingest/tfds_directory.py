"""Writes the metadata by which TensorFlow Datasets opens a directory."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from smoothing_tf.data.source import Source


def write_metadata(
    source: Source,
    reports: Mapping[str, Sequence[Mapping[str, Any]]],
    directory: pathlib.Path,
    data_license: str | None = None,
) -> None:
    """Writes the metadata of the records that were copied.

    Args:
      source: the data set.
      reports: split -> reports of its shards in order, see `ValidateShardFn`.
      directory: the directory, which already holds the TFRecord files.
      data_license: license of the data, or None if it is not known.
    """
    record_format = source.format
    if record_format.num_levels is None:
        connector = tfds.features.Tensor(
            shape=record_format.event_shape, dtype=np.float32
        )
    else:
        connector = tfds.features.Image(
            shape=record_format.event_shape, dtype=np.dtype(record_format.dtype).type
        )
    features = {record_format.feature: connector}
    metadata = source.metadata()
    if record_format.label is not None and source.class_names is not None:
        label = tfds.features.ClassLabel(names=source.class_names)
        features[record_format.label] = label
    tfds.folder_dataset.write_metadata(
        data_dir=directory,
        features=features,
        split_infos=[
            tfds.core.SplitInfo(
                name=split,
                shard_lengths=[report["num_examples"] for report in reports[split]],
                num_bytes=sum(report["num_bytes"] for report in reports[split]),
            )
            for split in source.shards
        ],
        description=f"Records of {source.name}, checked one by one.",
        license=data_license,
        metadata=tfds.core.MetadataDict(metadata) if metadata else None,
        check_data=False,
    )
