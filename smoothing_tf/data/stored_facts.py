"""Facts about a data set that a prepared directory keeps in its metadata."""

from typing import Any

import tensorflow_datasets as tfds

from smoothing_tf.data.record_format import RecordFormat
from smoothing_tf.standardization import Standardization

_COLUMNS, _STANDARDIZATION = "columns", "standardization"


def make_metadata(
    record_format: RecordFormat,
    columns: tuple[str, ...] | None,
    standardization: Standardization | None,
) -> dict[str, Any]:
    """Makes the metadata of TFDS from which the facts are restored.

    Args:
      record_format: format of the records, with the number of levels.
      columns: names of the columns of a table, or None.
      standardization: the scale of the columns, or None.

    Returns:
      Plain JSON values; empty if there is nothing to restore.
    """
    metadata: dict[str, Any] = {}
    if record_format.num_levels is not None:
        metadata["num_levels"] = record_format.num_levels
    if columns is not None:
        metadata[_COLUMNS] = list(columns)
    if standardization is not None:
        metadata[_STANDARDIZATION] = standardization.to_json()
    return metadata


def read_table_facts(
    builder: tfds.core.DatasetBuilder, record_format: RecordFormat
) -> tuple[tuple[str, ...] | None, Standardization | None]:
    """Reads the names of a table's columns and their scale, or None for each.

    Raises:
      ValueError: the scale is damaged.
    """
    metadata = builder.info.metadata
    # In data sets of others it may hold anything.
    if record_format.num_levels is not None or not isinstance(metadata, dict):
        return None, None
    names, scale = metadata.get(_COLUMNS), metadata.get(_STANDARDIZATION)
    columns = None
    if isinstance(names, list) and len(names) == record_format.event_shape[0]:
        columns = tuple(map(str, names))
    if scale is None:
        return columns, None
    try:
        standardization = Standardization.from_json(scale)
        if len(standardization.columns) != record_format.event_shape[0]:
            raise ValueError("it has another number of columns than the records.")
    except ValueError as error:
        raise ValueError(
            f"{builder.data_dir}/metadata.json is damaged: {error} Prepare the data set"
            " again."
        ) from error
    return columns, standardization
