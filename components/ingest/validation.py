"""Checking the records of a shard and copying the sound ones."""

import collections
import dataclasses
import pathlib
from collections.abc import Mapping

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tqdm

from smoothing_tf.artifacts import atomic_file, write_json
from smoothing_tf.data.record_format import RecordError, RecordFormat
from smoothing_tf.data.shards import Shard

# Enough examples per batch to make the statistics cheap.
_BATCH_SIZE = 256


@dataclasses.dataclass(frozen=True)
class ShardTask:
    """One shard to check.

    Attributes:
      split: the split it belongs to.
      offset: index of its first record within the split.
      shard: the records.
      output: the TFRecord file to write.
      report: the JSON file to write, see `ValidateShardFn`.
    """

    split: str
    offset: int
    shard: Shard
    output: str
    report: str


class ValidateShardFn(beam.DoFn):
    """Decodes every record of a shard and stores the sound ones, in order.

    Yields (split, examples [n, ...event]) for statistics. The report says, as JSON:
    `num_examples` and `num_bytes` written, `rejects` a list of [index in the split,
    place, reason], and `error`, a reason to stop or null. Writing twice is harmless:
    files take their names when complete.
    """

    def __init__(self, record_format: RecordFormat):
        self._format = record_format

    def process(self, task: ShardTask):
        batch, rejects = [], []
        num_examples = num_bytes = 0
        error = None
        with (
            atomic_file(task.output) as temporary,
            tf.io.TFRecordWriter(str(temporary)) as writer,
        ):
            records = tqdm.tqdm(
                task.shard.read(),
                desc=f"Checking {task.split}",
                total=task.shard.num_examples,
                delay=2,
                disable=None,
            )
            try:
                for i, serialized in enumerate(records):
                    try:
                        x, label = self._format.decode(serialized)
                    except RecordError as reason:
                        place = task.shard.place_of(i)
                        rejects.append([task.offset + i, place, str(reason)])
                        continue
                    serialized = self._format.make_record(serialized, x, label)
                    writer.write(serialized)
                    num_examples += 1
                    num_bytes += len(serialized)
                    batch.append(x)
                    if len(batch) == _BATCH_SIZE:
                        yield task.split, np.stack(batch)
                        batch = []
            except ValueError as damage:
                # The driver reports it, in one line and without Beam's trace.
                error = str(damage)
        if batch:
            yield task.split, np.stack(batch)
        write_json(
            task.report,
            {
                "num_examples": num_examples,
                "num_bytes": num_bytes,
                "rejects": rejects,
                "error": error,
            },
        )


def summarize_rejects(rejects: list[list], num_examples: int) -> dict:
    """Summarizes the rejected records of a split for rejects.json.

    Args:
      rejects: [index, place, reason] of every rejected record, in order.
      num_examples: records read, sound ones included.

    Returns:
      "count", "num_examples", "fraction", the 20 most common "reasons", the "first" ten
      rejected records, and all of them, "records".
    """
    records = [
        {"index": index, "place": place, "reason": reason}
        for index, place, reason in rejects
    ]
    reasons = collections.Counter(reason for _, _, reason in rejects)
    return {
        "count": len(rejects),
        "num_examples": num_examples,
        "fraction": len(rejects) / num_examples,
        "reasons": dict(reasons.most_common(20)),
        "first": records[:10],
        "records": records,
    }


def shard_tasks(
    shards: Mapping[str, tuple[Shard, ...]], name: str, directory: pathlib.Path
) -> list[ShardTask]:
    """Makes the tasks of a data set; output files are named as TFDS names them."""
    tasks = []
    for split, pieces in shards.items():
        offset = 0
        for i, shard in enumerate(pieces):
            file = f"{name}-{split}.tfrecord-{i:05d}-of-{len(pieces):05d}"
            tasks.append(
                ShardTask(
                    split,
                    offset,
                    shard,
                    str(directory / file),
                    str(directory / "reports" / f"{file}.json"),
                )
            )
            offset += shard.num_examples
    return tasks
