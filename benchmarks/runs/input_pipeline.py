"""Measurements of the input pipeline: CPU time per batch, against plain TensorFlow."""

import itertools
import math
import pathlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks import measure
from benchmarks.sizes import SIZES
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.input_pipeline import array_batches, training_batches
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.smoothing import SMOOTHINGS, Smoothing

_NOISE_SCALE = 0.3
_SEED = 0
_NUM_EXAMPLES = 20_000
_TURNS_SKIPPED = 1
# A process that used less CPU time than this between two looks makes no more batches.
_IDLE_SECONDS = 0.002
_POLL_SECONDS = 0.1


def run(
    setting: str, batch_size: int, smoothing: str, num_batches: int, num_runs: int
) -> list[dict[str, Any]]:
    """Measures the rows of a size, a batch size and a smoothing."""
    shape = (_NUM_EXAMPLES, *SIZES[setting].event_shape)
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    noise = SMOOTHINGS[smoothing](_NOISE_SCALE)
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "images.npy")
        np.save(path, images)
        mapped = np.load(path, mmap_mode="r")
        pipelines = {
            "training": (
                lambda: _plain(images, batch_size, shuffle=True),
                lambda: _training(images, noise, batch_size),
            ),
            "training, from file": (
                lambda: _plain(images, batch_size, shuffle=True),
                lambda: _training(mapped, noise, batch_size),
            ),
            "evaluation": (
                lambda: _plain(images, batch_size, shuffle=False),
                lambda: _evaluation(images, noise, batch_size),
            ),
        }
        rows = []
        for name, makes in pipelines.items():
            turns = _in_turns(makes, num_batches, num_runs + _TURNS_SKIPPED)
            plain, ours = np.array(turns[_TURNS_SKIPPED:]).T
            rows.append(
                {
                    "setting": setting,
                    "batches": name,
                    "batch": batch_size,
                    "smoothing": smoothing,
                    "plain, CPU ms": measure.median(plain),
                    "ours, CPU ms": measure.median(ours),
                    "plain / ours": measure.median(plain / ours),
                }
            )
    return rows


def _in_turns(
    makes: Sequence[Callable[[], tf.data.Dataset]], num_batches: int, num_turns: int
) -> list[list[float]]:
    """Measures CPU milliseconds per batch: of every turn, one for each pipeline."""
    iterators = [iter(make()) for make in makes]
    return [
        [_milliseconds(iterator, num_batches) for iterator in iterators]
        for _ in range(num_turns)
    ]


def _milliseconds(iterator: Iterator, num_batches: int) -> float:
    start = time.process_time()
    for _ in itertools.islice(iterator, num_batches):
        pass
    _wait_until_idle()
    return 1e3 * (time.process_time() - start) / num_batches


def _wait_until_idle() -> None:
    """Waits until batches are no longer made in advance, during the other's turn."""
    before = -math.inf
    while (now := time.process_time()) - before > _IDLE_SECONDS:
        before = now
        time.sleep(_POLL_SECONDS)


def _training(x: np.ndarray, noise: Smoothing, batch_size: int) -> tf.data.Dataset:
    dataset = Dataset(source_from_arrays("images", {"train": x[:1]}, 256))
    # Not encoded as records, and not copied out of their file.
    dataset._splits["train"] = (x, None)
    return training_batches(dataset, noise, batch_size=batch_size, seed=_SEED)


def _evaluation(x: np.ndarray, noise: Smoothing, batch_size: int) -> tf.data.Dataset:
    arguments = {"split": "test", "batch_size": batch_size, "seed": _SEED}
    return array_batches(x, 256, noise, **arguments).repeat()


def _plain(images: np.ndarray, batch_size: int, *, shuffle: bool) -> tf.data.Dataset:
    """Batches as one would write them, for one size of images and Gaussian noise."""
    table, num_steps = tf.constant(images), len(images) // batch_size
    order = tf.range(len(images), dtype=tf.int64)

    def epoch_batches(epoch):
        permutation = order
        if shuffle:
            seed = tf.stack([_SEED, tf.cast(epoch, tf.int32)])
            permutation = tf.random.experimental.stateless_shuffle(order, seed)
        return tf.data.Dataset.range(num_steps).map(
            lambda step: (epoch, permutation, step)
        )

    def make_batch(epoch, permutation, step):
        start = step * batch_size
        index = permutation[start : start + batch_size]
        x = tf.cast(tf.gather(table, index), tf.float32) / 127.5 - 1.0
        seed = tf.cast(tf.stack([epoch, step]), tf.int32)
        noise = tf.random.stateless_normal([batch_size, *images.shape[1:]], seed)
        return {"index": index, "x": x, "x_smoothed": x + _NOISE_SCALE * noise}

    return (
        tf.data.Dataset.range(1 << 40)
        .flat_map(epoch_batches)
        .map(make_batch, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )
