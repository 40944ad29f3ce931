"""The training step of PixelCNN++: time, share of the matmul peak, memory.

  python -m benchmarks.training [--settings=cifar10,mnist]

For each row, in a process of its own: the median of several optimizer steps of the
training loop's own trainer, dropout and averaged weights included, and the floating-
point operations of three forward passes over it, as a share of the peak of tf.matmul in
the same dtype and process. Batches of 32 (MNIST) and 4 (CIFAR-10).
"""

import dataclasses
from collections.abc import Sequence

import tensorflow as tf

from benchmarks import measure
from smoothing_tf import command_line, config
from smoothing_tf.settings import setting, validate
from smoothing_tf.training import TrainingConfig
from smoothing_tf.training.stage_trainer import StageTrainer

_BATCH_SIZES = {"mnist": 32, "cifar10": 4}
# Stage, and how p(x|x~) reads x~.
_VARIANTS = {
    "smoothed": {},
    "reverse": {"conditioning": "features"},
    "reverse, stacked": {"conditioning": "stacked"},
}


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of this benchmark."""

    settings: tuple[str, ...] = setting(
        ("mnist", "cifar10"), "Sizes of models.", choices=tuple(measure.SETTINGS)
    )
    dtypes: tuple[str, ...] = setting(
        ("float32", "bfloat16"), "Compute dtypes.", choices=("float32", "bfloat16")
    )
    num_runs: int = setting(5, "Timed steps, of which the median counts.", minimum=1)

    def __post_init__(self):
        validate(self)


def main(argv: Sequence[str]) -> None:
    """Runs the benchmark on `argv`, without the program's name."""
    (options,) = config.parse_options(argv, Options, usage=__doc__)
    measure.print_rows(
        run,
        options.num_runs,
        setting=options.settings,
        dtype=options.dtypes,
        variant=tuple(_VARIANTS),
    )


def run(setting: str, dtype: str, variant: str, num_runs: int) -> dict:
    """One row of the table."""
    batch_size = _BATCH_SIZES[setting]
    stage = variant.partition(",")[0]
    is_conditional = stage == "reverse"

    def make_model():
        return measure.make_model(
            setting, stage=stage, compute_dtype=dtype, **_VARIANTS[variant]
        )

    trainer = StageTrainer(
        variant,
        make_model,
        TrainingConfig(batch_size=batch_size),
        seed=0,
        strategy=tf.distribute.get_strategy(),
    )
    shape = [batch_size, *trainer.model.event_shape]
    x = tf.random.stateless_uniform(shape, [1, 2], -1.0, 1.0)
    arguments = (x, x) if is_conditional else (x,)
    iterator = iter(tf.data.Dataset.from_tensors(arguments).repeat())
    first_call = trainer.run_steps(iterator, 1).seconds
    seconds = measure.median(
        [trainer.run_steps(iterator, 1).seconds for _ in range(num_runs)]
    )
    forward = tf.function(lambda: trainer.model.log_prob(*arguments))
    measure.wait(forward())
    forward_seconds = measure.median(measure.seconds_of(forward, num_runs))
    context = x[:1] if is_conditional else None
    flops = batch_size * measure.forward_flops(trainer.model, context)
    peak = measure.matmul_peak(dtype)
    return {
        "setting": setting,
        "stage": variant,
        "batch": batch_size,
        "dtype": dtype,
        "parameters": trainer.model.count_params(),
        "forward, s": forward_seconds,
        "step, s": seconds,
        "forward of peak": flops / forward_seconds / peak,
        "step of peak": 3 * flops / seconds / peak,
        "peak, GFLOP/s": peak / 1e9,
        "first call, s": first_call,
        "GiB": measure.peak_memory_gib(),
    }


if __name__ == "__main__":
    command_line.run(main)
