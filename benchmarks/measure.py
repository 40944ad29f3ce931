"""Measures models: timing, floating-point operations, the peak."""

import resource
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

import tensorflow as tf

from benchmarks.sizes import DIGITS, SIZES
from smoothing_tf.config.experiment import ModelChoice
from smoothing_tf.layers import FullView
from smoothing_tf.models import PixelCNNpp, PixelCNNppConfig, build_model


def make_model(
    setting: str,
    *,
    stage: str,
    compute_dtype: str,
    num_classes: int | None = None,
    **config,
):
    """Makes a PixelCNN++ of a published size or for digits, with random weights.

    It has 10 mixtures unless `config` names another number.
    """
    size = DIGITS if setting == "digits" else SIZES[setting]
    return build_model(
        "pixelcnnpp",
        PixelCNNppConfig(
            num_filters=size.num_filters, num_resnet=size.num_resnet, **config
        ),
        stage=stage,
        event_shape=size.event_shape,
        num_levels=256,
        num_classes=num_classes,
        dtype=ModelChoice(compute_dtype=compute_dtype).dtype_policy,
    )


def shrink_outputs(model) -> None:
    """Shrinks random parameters, which are so extreme that draws would overflow."""
    scales = getattr(model, "network", model).nin_out.weight.g
    scales.assign(0.1 * scales)


class CountingView(FullView):
    """A view that counts floating-point operations; a multiply-add is two."""

    def __init__(self, classes: tf.Tensor | None = None):
        super().__init__(classes=classes)
        self.flops = 0

    def conv(self, layer, x):
        y = super().conv(layer, x)
        self._count(y.shape, layer.weight.shape[:-1])
        return y

    def conv_transpose(self, layer, x):
        # Every input meets the whole kernel.
        self._count(x.shape, layer.weight.shape[:-1])
        return super().conv_transpose(layer, x)

    def pointwise(self, layer, x):
        y = super().pointwise(layer, x)
        self._count(y.shape, layer.weight.shape[:-1])
        return y

    def skip(self, layer, x, index):
        y = super().skip(layer, x, index)
        self._count(y.shape, (2 * layer.in_channels,))
        return y

    def _count(self, shape, window):
        count = 2
        for size in (*shape, *window):
            count *= size
        self.flops += count


def forward_flops(model, condition=None) -> int:
    """Counts the floating-point operations of one pass over one image."""
    view = CountingView(model.one_hot(condition))
    # Patched in the class, for the network inside a stacked form as well.
    with mock.patch.object(PixelCNNpp, "make_view", lambda self, *_: view):
        model(tf.zeros([1, *model.event_shape]), condition=condition)
    return view.flops


def seconds_of(function: Callable[[], Any], num_runs: int) -> list[float]:
    """Measures the wall time of each of `num_runs` calls, results included."""
    times = []
    for _ in range(num_runs):
        start = time.perf_counter()
        wait(function())
        times.append(time.perf_counter() - start)
    return times


def cpu_seconds_of(function: Callable[[], Any]) -> float:
    """Measures the CPU time of a call in all threads, results included."""
    start = time.process_time()
    wait(function())
    return time.process_time() - start


def wait(result: Any) -> None:
    """Brings a result to the host, so that it must have been computed."""
    for tensor in tf.nest.flatten(result):
        tensor.numpy()


def matmul_peak(dtype: str, size: int = 2048) -> float:
    """Measures the FLOP/s of a [size, size] tf.matmul, the best of ten."""
    x = tf.cast(tf.random.stateless_normal([size, size], [1, 2]), dtype)
    multiply = tf.function(lambda: tf.reduce_sum(tf.matmul(x, x)))
    wait(multiply())
    return 2 * size**3 / min(seconds_of(multiply, 10))


def median(values: Sequence[float]) -> float:
    """Returns the median, which a single slow run does not change."""
    return statistics.median(values)


def peak_memory_gib() -> float:
    """Returns the largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
