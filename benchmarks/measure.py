"""Measures models: sizes, timing, floating-point operations, the peak."""

import concurrent.futures
import itertools
import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar
from unittest import mock

import tensorflow as tf

from smoothing_tf.config.experiment import ModelChoice
from smoothing_tf.layers import FullView
from smoothing_tf.models import PixelCNNpp, PixelCNNppConfig, build_model

T = TypeVar("T")


class PublishedSize(NamedTuple):
    """The sizes of a published network.

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021.
    """

    event_shape: tuple[int, int, int]
    num_filters: int
    num_resnet: int = 5


SIZES = {
    "mnist": PublishedSize((28, 28, 1), 40),
    "cifar10": PublishedSize((32, 32, 3), 160),
}


def make_model(
    setting: str,
    *,
    stage: str,
    compute_dtype: str,
    num_classes: int | None = None,
    **config,
):
    """Makes a PixelCNN++ of a published size, with 10 mixtures and random weights."""
    size = SIZES[setting]
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


def print_rows(
    run: Callable[..., list[dict[str, Any]]], num_runs: int, **choices: Sequence[Any]
) -> list[dict[str, Any]]:
    """Measures every combination in a separate process, and prints the table.

    Args:
      run: module-level function from one value of each choice and `num_runs`, given as
        keyword arguments, to rows.
      num_runs: see `run`.
      **choices: name of an argument -> its values; the last one varies fastest.

    Returns:
      The rows.
    """
    rows: list[dict[str, Any]] = []
    for values in itertools.product(*choices.values()):
        arguments = dict(zip(choices, values, strict=True))
        measured = in_own_process(run, num_runs=num_runs, **arguments)
        for row in measured:
            print(row, flush=True)
        rows += measured
    print_table(rows)
    return rows


def in_own_process(function: Callable[..., T], **arguments: Any) -> T:
    """Calls a module-level function in a fresh process, so that its memory is separate.

    Raises:
      RuntimeError: the process died, e.g. for lack of memory.
    """
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(function, **arguments).result()
        except concurrent.futures.process.BrokenProcessPool:
            raise RuntimeError(
                f"The process that measured {arguments} died. Is there enough memory?"
            ) from None


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Prints rows under the names of their columns, in Markdown."""
    columns = list(rows[0])
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for row in rows:
        cells = (
            f"{value:.3g}" if isinstance(value, float) else str(value)
            for value in row.values()
        )
        print("| " + " | ".join(cells) + " |")
