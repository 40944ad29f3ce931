"""Measurements of the codec and of the sampler."""

import time
from typing import Any

import numpy as np
import tqdm

import smoothing_tf.workdir
from benchmarks import measure
from smoothing_tf.compression.block import BlockCoder
from smoothing_tf.compression.compressed_file import even_sizes
from smoothing_tf.compression.make import make_codec
from smoothing_tf.numerics import unit_to_levels

_GRID = 0.25


def run(
    workdir: str, num_images: int, batch_size: int, stage: str, num_runs: int
) -> list[dict[str, Any]]:
    """Measures the row of one model of a run, which is not class-conditional."""
    trained = smoothing_tf.workdir.load(workdir)
    codec = make_codec(trained, stage, _GRID, 0)
    coder = BlockCoder(codec, None, batch_size, 0)
    bar = tqdm.tqdm(disable=True)

    even = even_sizes(num_images, batch_size)

    def sample(seed, sizes=even):
        model = trained.baseline if stage == "baseline" else trained.two_stage
        drawn = []
        for number, size in enumerate(sizes):
            own = model.sample(size, seed=seed + number)
            drawn.append(own if stage == "baseline" else own[1])
        return np.concatenate(drawn)

    levels = unit_to_levels(sample(0), trained.num_levels).numpy().astype(np.uint8)
    block = coder.encode(levels, None, bar)
    work = {
        "sample": lambda turn: sample(turn),
        "encode": lambda _: coder.encode(levels, None, bar),
        "decode": lambda _: coder.decode(block, bar),
        "sample in the file's batches": lambda turn: sample(turn, block.sizes),
    }
    times: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(num_runs + 1):
        for name, function in work.items():
            start = time.process_time()
            result = function(turn)
            if turn:  # The first one builds graphs.
                times[name].append((time.process_time() - start) / num_images)
            if name == "decode":
                assert np.array_equal(result[0], levels)
    seconds = {name: measure.median(own) for name, own in times.items()}
    return [
        {
            "stage": stage,
            "images": num_images,
            "batches": len(block.sizes),
            **{f"{name}, s/image": value for name, value in seconds.items()},
            "encode / sample": seconds["encode"] / seconds["sample"],
            "decode / sample": seconds["decode"] / seconds["sample"],
        }
    ]
