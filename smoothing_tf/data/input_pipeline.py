"""From records to batches: scale, shuffle, smooth, batch.

All random numbers are derived from (seed, purpose, epoch or draw, example); the purpose
of an evaluation includes the name of its split. The noise of an example does not depend
on its batch, and a run that starts at step k sees the same batches as an uninterrupted
run from step k, without reading what it skips.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.row_reader import row_reader
from smoothing_tf.numerics import levels_to_unit
from smoothing_tf.seeds import derive_seed
from smoothing_tf.smoothing import NoiseStream, Smoothing

_SHUFFLE = "shuffle"
_TRAINING_NOISE = "noise"
_EVALUATION_NOISE = "evaluation noise"


# Applied to the functions that tf.data maps, which are graphs as they are: AutoGraph
# would take half the time of making a pipeline.
without_autograph = tf.autograph.experimental.do_not_convert


def scale(x: np.ndarray | tf.Tensor, num_levels: int | None) -> tf.Tensor:
    """Scales levels to float32 on [-1, 1]; continuous data only become float32."""
    if num_levels is None:
        return tf.cast(x, tf.float32)
    return levels_to_unit(x, num_levels)


def training_batches(
    dataset: Dataset,
    smoothing: Smoothing | None,
    *,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    split: str = "train",
    with_labels: bool = False,
) -> tf.data.Dataset:
    """Makes endless shuffled batches with fresh noise in every epoch.

    An epoch is a permutation of the split. The examples beyond its last whole batch are
    left out; these differ between epochs.

    Args:
      dataset: the data.
      smoothing: the distribution q(x~|x), or None for clean data alone.
      batch_size: examples per batch, over all replicas together.
      seed: the run's seed.
      start_step: number of batches to skip.
      split: the split to draw from.
      with_labels: whether batches hold the labels.

    Returns:
      Dataset of {"index": int64 [batch_size], "x": float32 [batch_size, ...event]
      on [-1, 1] (vectors raw), "x_smoothed": as "x", absent without smoothing,
      "label": int32 [batch_size], only with `with_labels`}.

    Raises:
      ValueError: `batch_size` is not between 1 and the size of the split,
        `start_step` is negative, the data are not sound, or labels are requested of
        data without any.
    """
    x = dataset.array(split)
    labels = _labels(dataset, split) if with_labels else None
    num_examples = len(x)
    if not 1 <= batch_size <= num_examples:
        raise ValueError(
            f"`batch_size` must be between 1 and {num_examples}, the examples of the"
            f" split {split!r} of {dataset.name!r}; got {batch_size}."
        )
    if start_step < 0:
        raise ValueError(f"`start_step` must be at least 0; got {start_step}.")
    steps_per_epoch = num_examples // batch_size
    first_epoch, first_step = divmod(start_step, steps_per_epoch)

    read = _example_reader(x, dataset.num_levels, labels)

    @without_autograph
    def epoch_batches(epoch):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(num_examples, dtype=_position_dtype(num_examples)),
            seed=derive_seed(seed, _SHUFFLE, epoch),
        )
        noise_seed = derive_seed(seed, _TRAINING_NOISE, epoch)
        done = tf.where(epoch == first_epoch, first_step, 0)
        return tf.data.Dataset.range(tf.cast(done, tf.int64), steps_per_epoch).map(
            without_autograph(lambda step: (order, step * batch_size, noise_seed))
        )

    def make_batch(order, start, noise_seed):
        batch = read(tf.cast(order[start : start + batch_size], tf.int64))
        batch = {
            name: tf.ensure_shape(value, [batch_size, *value.shape[1:]])
            for name, value in batch.items()
        }
        if smoothing is not None:
            stream = NoiseStream(noise_seed, start)
            batch["x_smoothed"] = smoothing.sample(batch["x"], stream)
        return batch

    epochs = tf.data.Dataset.range(first_epoch, np.iinfo(np.int64).max)
    return _finish(epochs.flat_map(epoch_batches), make_batch)


def evaluation_batches(
    dataset: Dataset,
    smoothing: Smoothing | None,
    *,
    split: str,
    batch_size: int,
    seed: int,
    draw: int = 0,
    indices: np.ndarray | None = None,
    with_labels: bool = False,
) -> tf.data.Dataset:
    """Makes one pass over a split or a subset of it; the last batch may be smaller.

    In every subset an example has the noise that it has in the whole split.

    Args:
      dataset: the data.
      smoothing: the distribution q(x~|x), or None for clean data alone.
      split: the split to read.
      batch_size: examples per batch; the results do not depend on it.
      seed: the run's seed.
      draw: number of the noise draw, for several x~ per example.
      indices: stored positions of the examples to read, in that order, e.g. of
        `subset_indices`; None reads the whole split in stored order.
      with_labels: whether batches hold the labels.

    Returns:
      Dataset of the elements of `training_batches`; "index" is the stored position.

    Raises:
      ValueError: `batch_size` is below 1, `indices` are no positions of the split, the
        data are not sound, or labels are requested of data without any.
    """
    return array_batches(
        dataset.array(split),
        dataset.num_levels,
        smoothing,
        split=split,
        batch_size=batch_size,
        seed=seed,
        draw=draw,
        indices=indices,
        labels=_labels(dataset, split) if with_labels else None,
    )


def array_batches(
    x: np.ndarray,
    num_levels: int | None,
    smoothing: Smoothing | None,
    *,
    split: str,
    batch_size: int,
    seed: int,
    draw: int = 0,
    indices: np.ndarray | None = None,
    labels: np.ndarray | None = None,
) -> tf.data.Dataset:
    """Makes the batches of `evaluation_batches` from an array.

    Args:
      x: levels, or float32 of continuous data, [n, ...event_shape].
      num_levels: number of levels; None for continuous data.
      smoothing: the distribution q(x~|x), or None for clean data alone.
      split: name of the split; noise is derived from it.
      batch_size: examples per batch; the results do not depend on it.
      seed: the run's seed.
      draw: number of the noise draw, for several x~ per example.
      indices: positions of the examples to read, in that order; None for all.
      labels: integers [n]; batches hold them as "label", int32. None for no labels.

    Raises:
      ValueError: `batch_size` is below 1, `indices` are not positions in `x`, or there
        are not as many labels as examples.
    """
    if batch_size < 1:
        raise ValueError(f"`batch_size` must be at least 1; got {batch_size}.")
    if indices is None:
        indices = np.arange(len(x))
    indices = _check_indices(indices, len(x))
    if labels is not None and np.shape(labels) != (len(x),):
        raise ValueError(
            f"`labels` must be one integer per example, [{len(x)}]; got"
            f" {list(np.shape(labels))}."
        )
    read = _example_reader(x, num_levels, labels)
    positions = tf.constant(indices)
    noise_seed = derive_seed(seed, f"{_EVALUATION_NOISE} {split}", draw)

    def make_batch(start):
        batch = read(positions[start : start + batch_size])
        if smoothing is not None:
            batch["x_smoothed"] = smoothing.sample_at(
                batch["x"], batch["index"], noise_seed
            )
        return batch

    return _finish(tf.data.Dataset.range(0, len(indices), batch_size), make_batch)


def _check_indices(indices: np.ndarray, num_examples: int) -> np.ndarray:
    indices = np.asarray(indices)
    is_integer = np.issubdtype(indices.dtype, np.integer) or indices.size == 0
    if indices.ndim != 1 or not is_integer:
        raise ValueError(
            "`indices` must be integers [n]; got"
            f" {indices.dtype} {list(indices.shape)}."
        )
    outside = indices[(indices < 0) | (indices >= num_examples)]
    if outside.size:
        raise ValueError(
            f"`indices` must be from 0 to {num_examples - 1}, the positions of the"
            f" split; got {outside[0]}."
        )
    return indices.astype(np.int64)


def _labels(dataset: Dataset, split: str) -> np.ndarray:
    labels = dataset.labels(split)
    if labels is None:
        raise ValueError(
            f"{dataset.name!r} has no labels, which a class-conditional model needs."
            " Choose a data set with classes, or train without labels."
        )
    return labels


def _position_dtype(num_examples: int) -> tf.DType:
    """The smallest dtype of a permutation, which stays in memory for an epoch."""
    return tf.int32 if num_examples <= tf.int32.max else tf.int64


def _example_reader(
    x: np.ndarray, num_levels: int | None, labels: np.ndarray | None
) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
    """Makes a function from positions, int64 [b], to a batch without noise."""
    read_x = row_reader(x)
    read_label = None if labels is None else row_reader(labels)

    def read(indices):
        batch = {"index": indices, "x": scale(read_x(indices), num_levels)}
        if read_label is not None:
            batch["label"] = tf.cast(read_label(indices), tf.int32)
        return batch

    return read


def _finish(dataset: tf.data.Dataset, make_batch) -> tf.data.Dataset:
    options = tf.data.Options()
    options.deterministic = True
    # Workers split every batch instead of files.
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    return (
        dataset.map(without_autograph(make_batch), num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
        .with_options(options)
    )
