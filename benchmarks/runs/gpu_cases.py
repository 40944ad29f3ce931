"""The computations that `benchmarks.gpu` measures, each compiled by XLA."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from benchmarks import measure
from benchmarks.sizes import SIZES
from smoothing_tf.models import DensityModel
from smoothing_tf.training import TrainingConfig
from smoothing_tf.training.stage_trainer import StageTrainer

# Few, because the reference is computed on a CPU.
_LOG_PROB_BATCH_SIZE = 8
STEP_BATCH_SIZE = 80  # Published.


class Case(NamedTuple):
    """A computation of the smoothed stage, with arguments to run it on.

    Attributes:
      name: kind and variant, e.g. step_tf32 or sample_16.
      batch_size: images per call.
      dtype: "float32", "tf32" or "bfloat16". With the second, the default of TensorFlow
        on GPUs, factors of float32 products are rounded to 10 bits; with the third,
        those of the few layers that stay float32.
      function: a `tf.function` that XLA compiles.
      arguments: its arguments, nested tensors.
      flops: floating-point operations of a call. A step counts as three passes.
    """

    name: str
    batch_size: int
    dtype: str
    function: Any
    arguments: tuple
    flops: float


def make_case(name: str, setting: str) -> Case:
    """Makes a case, and chooses whether float32 means tensor-float 32 from here on.

    Args:
      name: kind and variant, e.g. step_tf32 or sample_16.
      setting: name of a published size, a key of SIZES.
    """
    kind, _, variant = name.partition("_")
    dtype = variant if kind == "step" else "float32"
    # Read when XLA compiles a function, at its first call. By default it is on.
    tf.config.experimental.enable_tensor_float_32_execution(dtype != "float32")
    if kind == "step":
        return _step(name, setting, dtype)
    if kind == "sample":
        return _sample(name, setting, int(variant))
    model = make_model(setting)
    function = tf.function(log_prob_of(model), jit_compile=True, autograph=False)
    # A gradient by the weights, and one by the images: about four passes.
    flops = 4 * _LOG_PROB_BATCH_SIZE * measure.forward_flops(model)
    arguments = (images(setting, _LOG_PROB_BATCH_SIZE),)
    return Case(name, _LOG_PROB_BATCH_SIZE, dtype, function, arguments, flops)


def make_model(setting: str, dtype: str = "float32") -> DensityModel:
    """Makes the smoothed stage with random weights that draw finite images."""
    model = measure.make_model(setting, stage="smoothed", compute_dtype=dtype)
    scales = model.nin_out.weight.g
    scales.assign(0.1 * scales)
    return model


def images(setting: str, batch_size: int) -> tf.Tensor:
    """Draws uniform images on [-1, 1]."""
    shape = [batch_size, *SIZES[setting].event_shape]
    return tf.random.stateless_uniform(shape, [1, 2], -1.0, 1.0)


def log_prob_of(model: DensityModel) -> Callable[[tf.Tensor], tuple[tf.Tensor, ...]]:
    """Makes a function x -> (log p(x), its gradient by x, the norm of that by w)."""

    def compute(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            log_prob = model.log_prob(x)
            total = tf.reduce_sum(log_prob)
        score, gradients = tape.gradient(total, (x, model.trainable_variables))
        return log_prob, score, tf.linalg.global_norm(gradients)

    return compute


def _step(name: str, setting: str, dtype: str) -> Case:
    trainer = StageTrainer(
        "smoothed",
        lambda: make_model(setting, "bfloat16" if dtype == "bfloat16" else "float32"),
        TrainingConfig(batch_size=STEP_BATCH_SIZE, jit_compile=True),
        seed=0,
        strategy=tf.distribute.get_strategy(),
    )
    arguments = ((images(setting, STEP_BATCH_SIZE),), tf.constant(0))
    flops = 3 * STEP_BATCH_SIZE * measure.forward_flops(trainer.model)
    return Case(name, STEP_BATCH_SIZE, dtype, trainer.take_step, arguments, flops)


def _sample(name: str, setting: str, batch_size: int) -> Case:
    model = make_model(setting)
    noise = model.head.noise([batch_size, *model.position_shape], tf.constant([3, 4]))
    function = tf.function(
        lambda noise: model.draw(noise), jit_compile=True, autograph=False
    )
    flops = batch_size * measure.forward_flops(model)
    return Case(name, batch_size, "float32", function, (noise,), flops)
