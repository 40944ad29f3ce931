"""Any image or vector data set of TensorFlow Datasets, as tfds:NAME[/CONFIG][:VERSION].

A set without the splits validation or test gets them by a constant permutation of its
training split.
"""

import dataclasses

from smoothing_tf.data.dataset_names import TFDS_PREFIX
from smoothing_tf.data.downloads import download
from smoothing_tf.data.shards import Shard, ShardRows, num_examples_of
from smoothing_tf.data.source import Source, source_from_builder
from smoothing_tf.data.splits import held_out_size, hold_out_rows


def source_from_tfds(dataset: str, data_dir: str | None) -> Source:
    """Opens a data set of TFDS, after downloading and preparing it if necessary.

    Args:
      dataset: tfds:NAME[/CONFIG][:VERSION].
      data_dir: directory of TFDS; None for its default directory.

    Raises:
      OSError: the data cannot be downloaded; the message says what to do.
      ValueError: there is no such data set, or it cannot be modeled.
    """
    builder = download(dataset.removeprefix(TFDS_PREFIX), data_dir)
    return with_held_out_splits(source_from_builder(builder))


def with_held_out_splits(source: Source) -> Source:
    """Cuts the splits validation and test from the training split where they lack.

    Each has a tenth of the training examples, at most 5,000, chosen by a constant
    permutation. A set with the split validation but not test is left as it is.

    Raises:
      ValueError: there is no split "train".
    """
    if "train" not in source.shards:
        raise ValueError(
            f"The data set {source.name!r} must have a split 'train'; it has"
            f" {', '.join(source.shards)}."
        )
    if "validation" in source.shards:
        return source
    shards, notes = dict(source.shards), source.notes
    num_training = num_examples_of(shards["train"])
    size = held_out_size(num_training)
    for split in ("validation", "test"):
        if split in shards:
            continue
        remaining, held_out = hold_out_rows(num_examples_of(shards["train"]), size)
        whole: tuple[Shard, ...] = shards["train"]
        shards["train"] = ShardRows.select(whole, remaining)
        shards[split] = ShardRows.select(whole, held_out)
        notes += (
            f"{source.name} has no split {split!r}: {size} of its {num_training}"
            " training examples, chosen by a constant permutation, are held out.",
        )
    return dataclasses.replace(source, shards=shards, notes=notes)
