"""Data sets that TensorFlow Datasets downloads, and a validation split of theirs."""

import dataclasses
import functools

import tensorflow_datasets as tfds

from smoothing_tf.data.prepared import make_builder
from smoothing_tf.data.shards import PartOfShard, Shard
from smoothing_tf.data.source import Source


def downloaded(name: str, data_dir: str | None) -> tfds.core.DatasetBuilder:
    """A builder of TFDS, prepared first, by a download, when it is not yet.

    Args:
      name: by which TFDS knows the data set.
      data_dir: where TFDS stores data sets; None for its default directory.

    Raises:
      OSError: the data cannot be downloaded; the message says what to do.
      ValueError: what is prepared already is damaged.
    """
    builder = make_builder(functools.partial(tfds.builder, name), data_dir)
    if builder.is_prepared():
        return builder
    try:
        builder.download_and_prepare()
    except Exception as error:
        # Of the network, of a site's quota, of a changed file: all kinds of errors.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise OSError(
            f"The data set {name!r} is not in {builder.data_dir} and could not be"
            f" downloaded and prepared: {reason}. Where there is a network run"
            " python -c 'import tensorflow_datasets as tfds;"
            f' tfds.builder("{name}", data_dir="DIR").download_and_prepare()\','
            " copy DIR here, and give it as --data_dir."
        ) from error
    return builder


def hold_out(source: Source, num_examples: int) -> Source:
    """Makes the last examples of the split "train", as stored, the validation split.

    Raises:
      ValueError: the split has no more than `num_examples`.
    """
    shards = source.shards["train"]
    total = sum(shard.num_examples for shard in shards)
    if total <= num_examples:
        raise ValueError(
            f"The split 'train' of {source.name!r} must hold more than {num_examples}"
            f" examples, which validation takes; it has {total}."
        )
    first = total - num_examples
    splits = {
        "train": _between(shards, 0, first),
        "validation": _between(shards, first, total),
    }
    return dataclasses.replace(source, shards={**source.shards, **splits})


def _between(shards: tuple[Shard, ...], start: int, stop: int) -> tuple[Shard, ...]:
    """The examples `start` to `stop` of consecutive shards."""
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
