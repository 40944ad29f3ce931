"""Compares the incremental sampler with one full pass of the network per pixel.

  python -m benchmarks.sampling [--settings=cifar10,mnist] [--batch_sizes=1,16,64]

Prints for each row, measured in a separate process: seconds per image of the sampler
with drawing included (median of several calls), seconds of one float32 full pass times
the number of pixels of x, and their ratio. Both are timed at the same batch size, in
turns. `stacked` is the published form of p(x|x~), not part of the default: it takes
twice as long. `classes` is p(x~|y) of ten classes, not part of the default either: its
sampler alternates with that of p(x~), whose seconds and ratio are two more columns.
"""

import dataclasses
import functools
import time
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from benchmarks import measure
from smoothing_tf import command_line, config, devices
from smoothing_tf.models import Condition, DensityModel
from smoothing_tf.settings import setting, validate

_NUM_CLASSES = 10


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of this benchmark."""

    settings: tuple[str, ...] = setting(
        ("mnist", "cifar10"), "Sizes of models.", choices=tuple(measure.SIZES)
    )
    batch_sizes: tuple[int, ...] = setting((1, 16, 64), "Images at a time.", minimum=1)
    stages: tuple[str, ...] = setting(
        ("smoothed", "reverse"),
        "p(x~); p(x|x~) by features of x~; the same with x~ stacked above x; p(x~|y).",
        choices=("smoothed", "reverse", "stacked", "classes"),
    )
    dtypes: tuple[str, ...] = setting(
        ("float32", "bfloat16"),
        "Compute dtype of the sampler; the full pass is float32.",
        choices=("float32", "bfloat16"),
    )
    num_runs: int = setting(3, "Timed calls, of which the median counts.", minimum=1)

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the benchmark on `argv`, without the program's name."""
    (options,) = config.parse_options(argv, Options, usage=__doc__)
    devices.announce(" and ".join(options.dtypes))
    measure.print_rows(
        run,
        options.num_runs,
        setting=options.settings,
        batch_size=options.batch_sizes,
        stage=options.stages,
        dtype=options.dtypes,
    )


def run(
    setting: str, batch_size: int, stage: str, dtype: str, num_runs: int
) -> list[dict[str, Any]]:
    """Measures the row of one combination of choices."""
    model = _make_model(setting, stage, dtype)
    shape = [batch_size, *model.event_shape]
    x = tf.random.stateless_uniform(shape, [1, 2], -1.0, 1.0)
    condition = Condition() if stage == "smoothed" else Condition(x)
    if stage == "classes":
        condition = Condition(label=tf.range(batch_size) % _NUM_CLASSES)
    # One x for each x~, or the same number without x~.
    num_samples = batch_size if condition.is_empty else 1

    def sampler():
        return model.sample(num_samples, condition, seed=1)

    start = time.perf_counter()
    drawn = sampler()
    measure.wait(drawn)
    first_call = time.perf_counter() - start
    # The memory of the sampler alone, since no full pass has run yet.
    gib = measure.peak_memory_gib()
    tf.debugging.assert_all_finite(drawn, "The benchmark must draw finite images.")
    full_model = model if dtype == "float32" else _make_model(setting, stage, "float32")
    full_pass = tf.function(lambda: full_model(x, condition=condition))
    measure.wait(full_pass())
    plain = None
    if stage == "classes":
        unconditional = _make_model(setting, "smoothed", dtype)
        plain = functools.partial(unconditional.sample, batch_size, seed=1)
        measure.wait(plain())
    full_times, times, plain_times = [], [], []
    for _ in range(num_runs):
        full_times += measure.seconds_of(full_pass, 2)
        times += measure.seconds_of(sampler, 1)
        if plain is not None:
            plain_times += measure.seconds_of(plain, 1)
    num_pixels = model.event_shape[0] * model.event_shape[1]
    per_image = measure.median(times) / batch_size
    naive = measure.median(full_times) * num_pixels / batch_size
    flops = measure.forward_flops(full_model, condition.map(lambda part: part[:1]))
    row = {
        "setting": setting,
        "stage": stage,
        "batch": batch_size,
        "dtype": dtype,
        "full pass, s": measure.median(full_times),
        "per pixel, s/image": naive,
        "sampler, s/image": per_image,
        "times faster": naive / per_image,
        "of peak": flops / per_image / measure.matmul_peak(dtype),
        "first call, s": first_call,
        "GiB": gib,
    }
    if plain_times:
        row["without classes, s/image"] = measure.median(plain_times) / batch_size
        row["over without"] = per_image / row["without classes, s/image"]
    return [row]


def _make_model(setting: str, stage: str, dtype: str) -> DensityModel:
    model = measure.make_model(
        setting,
        stage="smoothed" if stage in ("smoothed", "classes") else "reverse",
        num_classes=_NUM_CLASSES if stage == "classes" else None,
        conditioning="stacked" if stage == "stacked" else "features",
        compute_dtype=dtype,
    )
    # With random weights, the parameters are so extreme that draws would overflow.
    scales = getattr(model, "network", model).nin_out.weight.g
    scales.assign(0.1 * scales)
    return model


if __name__ == "__main__":
    command_line.run(main)
