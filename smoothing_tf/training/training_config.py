"""Settings of the training of one stage."""

import dataclasses
import re

from smoothing_tf.settings import setting, validate

_MAX_PROFILED_STEPS = 100


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """Optimizer, number of steps and intervals of the training of one stage.

    The learning rate and its decay are the published ones; the published batch sizes
    are 80 (smoothed) and 50 (reverse). The default number of steps suits a laptop.

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021.
    """

    num_steps: int = setting(5000, "Total number of optimizer steps.", minimum=1)
    batch_size: int = setting(
        50, "Examples per step, summed over all replicas.", minimum=1
    )
    micro_batch_size: int | None = setting(
        None,
        "Examples that a replica processes at a time, to save memory; the gradients of"
        " a step are summed. It must divide a replica's share of the batch; 'none' is"
        " the whole share.",
        minimum=1,
    )
    learning_rate: float = setting(
        2e-4, "Adam's learning rate at step 0.", exclusive_minimum=0.0
    )
    learning_rate_schedule: str = setting(
        "exponential",
        "Decay of the learning rate: by a constant factor per step, or along a cosine"
        " to 0 at the last step.",
        choices=("exponential", "cosine"),
    )
    learning_rate_decay: float = setting(
        0.999995,
        "Factor of the learning rate per step, for the exponential schedule.",
        exclusive_minimum=0.0,
        maximum=1.0,
    )
    adam_beta_2: float = setting(
        0.999,
        "Adam's decay rate of the squared gradient.",
        minimum=0.0,
        exclusive_maximum=1.0,
    )
    ema_momentum: float = setting(
        0.9995,
        "Momentum of the averaged weights, which validation, samples and all later"
        " commands use; it warms up as t / (10 + t). 0: no averaging.",
        minimum=0.0,
        exclusive_maximum=1.0,
    )
    clip_norm: float | None = setting(
        None,
        "Largest global norm of the gradient, in nats; 'none' does not clip.",
        exclusive_minimum=0.0,
    )
    steps_per_call: int = setting(
        10, "Optimizer steps per call of the compiled function.", minimum=1
    )
    jit_compile: bool = setting(
        False,
        "Compile a step with XLA, on one device. It fuses small operations, which helps"
        " on GPUs; the first step takes longer.",
    )
    profile_steps: str | None = setting(
        None,
        "FIRST:LAST, steps whose profile is written for TensorBoard, counted from 1;"
        " 'none' profiles nothing.",
    )
    log_every: int = setting(
        50, "Steps between points of the training curve.", minimum=1
    )
    validate_every: int = setting(500, "Steps between validations.", minimum=1)
    max_validation_examples: int = setting(
        1000,
        "Largest number of validation examples used during training; a larger split is"
        " represented by a fixed random subset.",
        minimum=1,
    )
    sample_every: int = setting(
        1000, "Steps between pictures of samples in TensorBoard; 0: none.", minimum=0
    )
    checkpoint_every: int = setting(500, "Steps between checkpoints.", minimum=1)

    def __post_init__(self):
        validate(self)
        micro = self.micro_batch_size
        if micro is not None and self.batch_size % micro:
            raise ValueError(
                f"`micro_batch_size` must divide `batch_size`, {self.batch_size}; got"
                f" {micro}. A stage with its own batch size may need its own"
                " micro-batch size, e.g. --reverse_micro_batch_size."
            )
        profiled = self.profiled_steps
        if profiled and profiled[-1] > self.num_steps:
            raise ValueError(
                f"`profile_steps` must end at a step of the training, which has"
                f" {self.num_steps}; got {self.profile_steps}."
            )

    @property
    def profiled_steps(self) -> range:
        """The steps to profile, counted from 1.

        Raises:
          ValueError: `profile_steps` is not of the form FIRST:LAST.
        """
        if self.profile_steps is None:
            return range(0)
        match = re.fullmatch(r"(\d{1,18}):(\d{1,18})", self.profile_steps, re.ASCII)
        first, last = (int(number) for number in match.groups()) if match else (0, 0)
        if not 1 <= first <= last < first + _MAX_PROFILED_STEPS:
            raise ValueError(
                "`profile_steps` must be FIRST:LAST, e.g. 101:110, from step 1 on and"
                f" at most {_MAX_PROFILED_STEPS} steps, all of which TensorFlow keeps"
                f" in memory; got {self.profile_steps}."
            )
        return range(first, last + 1)
