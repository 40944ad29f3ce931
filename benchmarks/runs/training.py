"""Measurements of the training step of PixelCNN++."""

import importlib.util
from typing import Any

import tensorflow as tf

from benchmarks import measure
from smoothing_tf.models import Condition
from smoothing_tf.training import TrainingConfig
from smoothing_tf.training.stage_trainer import StageTrainer

_BATCH_SIZES = {"mnist": 32, "cifar10": 4}
# Stage, and how p(x|x~) reads x~.
_VARIANTS = {
    "smoothed": {},
    "reverse": {"conditioning": "features"},
    "reverse, stacked": {"conditioning": "stacked"},
}
# The same network as a user without this library would run it. Its dropout drops whole
# channels, as the authors' code does.
_PYTORCH = "smoothed, PyTorch, whole-channel dropout"


def has_torch() -> bool:
    """Whether PyTorch is installed, to be measured as well."""
    return importlib.util.find_spec("torch") is not None


def run(setting: str, dtype: str, num_runs: int) -> list[dict[str, Any]]:
    """Measures the rows of a size and a dtype."""
    stages: dict[str, Any] = {name: _Stage(setting, dtype, name) for name in _VARIANTS}
    flops = {name: stage.flops for name, stage in stages.items()}
    if has_torch():
        from benchmarks.runs.torch_training import TorchStage

        smoothed = stages["smoothed"]
        stages[_PYTORCH] = TorchStage(smoothed.model, dtype, smoothed.batch_size)
        flops[_PYTORCH] = smoothed.flops
    steps = {name: [] for name in stages}
    forwards = {name: [] for name in stages}
    for _ in range(num_runs):
        for name, stage in stages.items():
            steps[name].append(stage.step())
            forwards[name] += measure.seconds_of(stage.forward, 1)
    peak = measure.matmul_peak(dtype)
    rows = []
    for name, stage in stages.items():
        step, forward = measure.median(steps[name]), measure.median(forwards[name])
        rows.append(
            {
                "setting": setting,
                "stage": name,
                "batch": stage.batch_size,
                "dtype": dtype,
                "parameters": stage.num_parameters,
                "forward, s": forward,
                "step, s": step,
                "step / smoothed": step / measure.median(steps["smoothed"]),
                "forward of peak": flops[name] / forward / peak,
                "step of peak": 3 * flops[name] / step / peak,
                "peak, GFLOP/s": peak / 1e9,
                "first call, s": stage.first_call,
                "GiB so far": stage.gib,
            }
        )
    return rows


class _Stage:
    """A model with its trainer, both of which have run once.

    Attributes:
      batch_size: examples per step.
      model: the model of the trainer.
      num_parameters: number of its weights.
      forward: () -> log-likelihoods of the batch.
      flops: floating-point operations of `forward`.
      first_call: seconds of the first step.
      gib: largest resident size of the process after it.
    """

    def __init__(self, setting: str, dtype: str, variant: str):
        stage = variant.partition(",")[0]
        self.batch_size = _BATCH_SIZES[setting]

        def make_model():
            return measure.make_model(
                setting, stage=stage, compute_dtype=dtype, **_VARIANTS[variant]
            )

        self._trainer = StageTrainer(
            variant,
            make_model,
            TrainingConfig(batch_size=self.batch_size),
            seed=0,
            strategy=tf.distribute.get_strategy(),
        )
        self.model = self._trainer.model
        self.num_parameters = self.model.count_params()
        shape = [self.batch_size, *self.model.event_shape]
        x = tf.random.stateless_uniform(shape, [1, 2], -1.0, 1.0)
        parts = {"x_smoothed": x} if stage == "reverse" else {}
        arguments = (x, parts) if parts else (x,)
        self._batches = iter(tf.data.Dataset.from_tensors(arguments).repeat())
        self.first_call = self.step()
        condition = Condition(**parts)
        self.forward = tf.function(lambda: self.model.log_prob(x, condition))
        measure.wait(self.forward())
        one = condition.map(lambda part: part[:1])
        self.flops = self.batch_size * measure.forward_flops(self.model, one)
        self.gib = measure.peak_memory_gib()

    def step(self) -> float:
        """Takes an optimizer step and returns its seconds."""
        return self._trainer.run_steps(self._batches, 1).seconds
