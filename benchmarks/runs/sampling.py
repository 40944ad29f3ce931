"""Measurements of the sampler and of full passes of the network."""

import functools
import time
from typing import Any

import tensorflow as tf

from benchmarks import measure
from smoothing_tf.models import Condition, DensityModel

_NUM_CLASSES = 10


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
    measure.shrink_outputs(model)
    return model
