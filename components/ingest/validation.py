"""Checking the records of a shard and copying the sound ones."""

import array
import dataclasses
import pathlib
import pickle
from collections.abc import Mapping, Sequence

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tqdm

from components.ingest.duplicates import content_digest, write_digests
from components.ingest.random_examples import RandomExamples
from components.ingest.statistics import Statistics
from smoothing_tf.artifacts import atomic_file, write_json
from smoothing_tf.data.record_format import RecordError, RecordFormat
from smoothing_tf.data.shards import Shard

# Enough examples per batch to make the statistics cheap, and few enough values.
_BATCH_SIZE = 256
_BATCH_VALUES = 1 << 24


@dataclasses.dataclass(frozen=True)
class ShardTask:
    """One shard to check.

    Attributes:
      split: the split it belongs to.
      offset: index of its first record within the split.
      shard: the records.
      output: the TFRecord file to write.
    """

    split: str
    offset: int
    shard: Shard
    output: str

    @property
    def file(self) -> pathlib.Path:
        """The file of the task itself."""
        return pathlib.Path(f"{self.output}.task")

    @property
    def report(self) -> pathlib.Path:
        """The JSON file to write after all others, see `ValidateShardFn`."""
        return pathlib.Path(f"{self.output}.json")

    @property
    def digests(self) -> pathlib.Path:
        """The file of `write_digests` to write."""
        return pathlib.Path(f"{self.output}.digests")

    @property
    def statistics(self) -> pathlib.Path:
        """The .npz file of `Statistics` and `RandomExamples` to write."""
        return pathlib.Path(f"{self.output}.npz")


class ValidateShardFn(beam.DoFn):
    """Decodes every record of a shard and stores the sound ones, in order.

    An element is the path of a file of `write_tasks`. Writes the four other files of
    that task. The report says, as JSON: `num_examples` and
    `num_bytes` written, `rejects` a list of [index in the split, place, reason], and
    `error`, a reason to stop or null. Writing twice is harmless: files take their names
    when they are complete, and have the same content.
    """

    def __init__(self, record_format: RecordFormat):
        self._format = record_format

    def process(self, task_file: str) -> None:
        task: ShardTask = pickle.loads(pathlib.Path(task_file).read_bytes())
        with (
            atomic_file(task.output) as temporary,
            tf.io.TFRecordWriter(str(temporary)) as writer,
        ):
            shard = _CheckedShard(task, self._format)
            shard.read(writer)
        with atomic_file(task.digests) as temporary:
            write_digests(temporary, shard.digests, shard.indices, shard.labels)
        with atomic_file(task.statistics) as temporary, temporary.open("wb") as file:
            arrays = shard.statistics.to_arrays() | shard.samples.to_arrays()
            np.savez(file, **arrays)  # type: ignore[arg-type]
        write_json(
            task.report,
            {
                "num_examples": shard.statistics.count,
                "num_bytes": shard.num_bytes,
                "rejects": shard.rejects,
                "error": shard.error,
            },
        )


class _CheckedShard:
    """What is found while the records of a shard are read."""

    def __init__(self, task: ShardTask, record_format: RecordFormat):
        self._task, self._format = task, record_format
        shape, num_records = record_format.event_shape, task.shard.num_examples
        self.statistics = Statistics(record_format)
        self.samples = RandomExamples(
            shape, record_format.dtype, task.offset, num_records
        )
        # Compact, because a shard may have millions of examples. No label is -1.
        self.digests = bytearray()
        self.indices = array.array("q")
        self.labels = array.array("q")
        self.rejects: list[list] = []
        self.num_bytes = 0
        self.error: str | None = None
        self._batch: list[np.ndarray] = []
        size = int(np.prod(shape, dtype=int))
        self._batch_size = max(1, min(_BATCH_SIZE, _BATCH_VALUES // max(1, size)))

    def read(self, writer: tf.io.TFRecordWriter) -> None:
        records = tqdm.tqdm(
            self._task.shard.read(),
            desc=f"Checking {self._task.split}",
            total=self._task.shard.num_examples,
            delay=2,
            disable=None,
        )
        try:
            for position, serialized in enumerate(records):
                try:
                    x, label = self._format.decode(serialized)
                except RecordError as reason:
                    index = self._task.offset + position
                    place = self._task.shard.place_of(position)
                    self.rejects.append([index, place, str(reason)])
                    continue
                serialized = self._format.make_record(serialized, x, label)
                writer.write(serialized)
                self.num_bytes += len(serialized)
                self._add(position, x, label)
        except ValueError as damage:
            # The driver reports it, in one line and without Beam's trace.
            self.error = str(damage)
        self._flush()

    def _add(self, position: int, x: np.ndarray, label: int | None) -> None:
        self.samples.offer(position, x)
        self.digests += content_digest(x)
        self.indices.append(self._task.offset + position)
        self.labels.append(-1 if label is None else label)
        self._batch.append(x)
        if len(self._batch) == self._batch_size:
            self._flush()

    def _flush(self) -> None:
        if self._batch:
            labels = self.labels[-len(self._batch) :]
            self.statistics.add(np.stack(self._batch), labels)
            self._batch = []


def write_tasks(tasks: Sequence[ShardTask]) -> list[str]:
    """Writes each task to its file, and returns the paths.

    A task may name thousands of files, and a runner holds all elements in memory.
    """
    for task in tasks:
        task.file.write_bytes(pickle.dumps(task))
    return [str(task.file) for task in tasks]


def shard_tasks(
    shards: Mapping[str, tuple[Shard, ...]], name: str, directory: pathlib.Path
) -> list[ShardTask]:
    """Makes the tasks of a data set; output files are named as TFDS names them."""
    tasks = []
    for split, pieces in shards.items():
        offset = 0
        for i, shard in enumerate(pieces):
            file = f"{name}-{split}.tfrecord-{i:05d}-of-{len(pieces):05d}"
            tasks.append(ShardTask(split, offset, shard, str(directory / file)))
            offset += shard.num_examples
    return tasks
