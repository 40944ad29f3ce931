"""Downloads data sets through TensorFlow Datasets, and splits off validation data."""

import dataclasses
import functools

import tensorflow_datasets as tfds

from smoothing_tf.data.prepared import make_builder
from smoothing_tf.data.shards import PartOfShard, Shard
from smoothing_tf.data.source import Source


def download(name: str, data_dir: str | None) -> tfds.core.DatasetBuilder:
    """Returns a builder of TFDS, after downloading and preparing it if necessary.

    Args:
      name: name of the data set in TFDS.
      data_dir: directory of TFDS; None for its default directory.

    Raises:
      OSError: the data cannot be downloaded; the message says what to do.
      ValueError: the data that are already prepared are damaged.
    """
    builder = make_builder(functools.partial(tfds.builder, name), data_dir)
    if builder.is_prepared():
        return builder
    try:
        builder.download_and_prepare()
    except Exception as error:
        # The network, a site's quota or a changed file may cause any kind of error.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise OSError(
            f"The data set {name!r} is not in {builder.data_dir} and could not be"
            f" downloaded and prepared: {reason}. On a machine with a network,"
            " run python -c 'import tensorflow_datasets as tfds;"
            f' tfds.builder("{name}", data_dir="DIR").download_and_prepare()\','
            " copy DIR here, and give it as --data_dir."
        ) from error
    return builder


def hold_out(source: Source, num_examples: int) -> Source:
    """Turns the last stored examples of the split "train" into a validation split.

    Raises:
      ValueError: the split has no more than `num_examples`.
    """
    shards = source.shards["train"]
    total = sum(shard.num_examples for shard in shards)
    if total <= num_examples:
        raise ValueError(
            f"The split 'train' of {source.name!r} must hold more than {num_examples}"
            f" examples, the size of the validation split; it has {total}."
        )
    first = total - num_examples
    splits = {
        "train": _select(shards, 0, first),
        "validation": _select(shards, first, total),
    }
    return dataclasses.replace(source, shards={**source.shards, **splits})


def _select(shards: tuple[Shard, ...], start: int, stop: int) -> tuple[Shard, ...]:
    """Selects the examples `start` to `stop` of consecutive shards."""
    parts: list[Shard] = []
    offset = 0
    for shard in shards:
        size = shard.num_examples
        low, high = (min(max(end - offset, 0), size) for end in (start, stop))
        if high - low == size:
            parts.append(shard)
        elif high > low:
            parts.append(PartOfShard(shard, low, high))
        offset += size
    return tuple(parts)
