"""The one training loop, for every stage, model, data set and strategy."""

import contextlib
import math
import sys
from collections.abc import Callable, Iterator

import tensorflow as tf

from smoothing_tf import artifacts
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.numerics import nats_to_bits_per_dim
from smoothing_tf.seeds import derive_seed
from smoothing_tf.smoothing import Smoothing
from smoothing_tf.training import batches
from smoothing_tf.training.batches import Validation
from smoothing_tf.training.checkpoints import Checkpoints
from smoothing_tf.training.history import History
from smoothing_tf.training.monitor import Monitor
from smoothing_tf.training.stage_trainer import StageTrainer
from smoothing_tf.training.strategies import is_chief
from smoothing_tf.training.training_config import TrainingConfig

_NUM_PICTURES = 8


def train_stage(
    stage: str,
    make_model: Callable[[], DensityModel],
    dataset: Dataset,
    smoothing: Smoothing | None,
    config: TrainingConfig,
    directory: artifacts.Path,
    *,
    seed: int,
    strategy: tf.distribute.Strategy | None = None,
    progress: bool = True,
) -> None:
    """Trains one stage by maximum likelihood, or goes on where it stopped.

    A new run first adjusts the initial weights to its first batch, where the model
    does that; what a checkpoint holds, also one of step 0, is taken as it is.

    Stage "smoothed" learns p(x~), "reverse" p(x | x~), "baseline" p(x). Everything
    is a function of (seed, step): on one CPU device a run that was killed and
    started again ends with the same bits as one that was not. TensorFlow's CPU
    kernels are reproducible as they are; on a GPU it takes
    `tf.config.experimental.enable_op_determinism()` before the call. The number of
    replicas changes no weight beyond rounding, except with dropout: its masks are
    drawn per replica.

    Writes checkpoints/, tensorboard/ and history.jsonl into `directory`.

    Args:
      stage: "smoothed", "reverse" or "baseline".
      make_model: builds the model, always with the same initial weights; called
        twice, the second model holds the averaged weights.
      dataset: with splits "train" and "validation".
      smoothing: q(x~ | x); the baseline needs none.
      config: optimizer, length and rhythm.
      directory: of this stage alone.
      seed: the run's seed.
      strategy: where to compute; None: the current one, usually one device. Make
        one per process: collectives of a second MirroredStrategy take the shapes
        of the first.
      progress: whether to show a progress bar on stderr.

    Raises:
      FloatingPointError: the loss or its gradient is NaN or infinite.
      OSError: a checkpoint cannot be written.
      ValueError: the checkpoint in `directory` is of another model; a batch does
        not divide among the replicas; an empty split; `config.num_steps` is below
        the step of the checkpoint.

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021.
    """
    directory = artifacts.make_directory(directory)
    strategy = strategy or tf.distribute.get_strategy()
    writes = is_chief(strategy)
    trainer = StageTrainer(stage, make_model, config, seed=seed, strategy=strategy)
    run = _Run(stage, trainer, dataset, smoothing, config, directory, seed, writes)
    is_resumed = run.restore()
    if trainer.step > config.num_steps:
        raise ValueError(
            f"`num_steps` must be at least {trainer.step}, the step of the checkpoint"
            f" in {directory}; got {config.num_steps}. Name another directory for a"
            " shorter run."
        )
    if trainer.step == config.num_steps:
        if progress and writes:
            print(
                f"{stage}: all of {config.num_steps} steps are done already; nothing"
                f" to train in {directory}.",
                file=sys.stderr,
            )
        return
    arguments = batches.training_arguments(
        stage, dataset, smoothing, config, seed=seed, start_step=trainer.step
    )
    if not is_resumed:
        trainer.initialize_from(next(iter(arguments)))
    with Monitor(
        stage,
        dataset,
        directory,
        start_step=trainer.step,
        num_steps=config.num_steps,
        progress=progress,
        is_chief=writes,
    ) as monitor:
        try:
            run.train(iter(trainer.distribute(arguments)), monitor)
        except KeyboardInterrupt:
            monitor.say(
                f"{stage}: interrupted at step {trainer.step}; the last checkpoint is"
                f" {run.last_checkpoint}."
            )
            raise


def write_initial_state(
    stage: str,
    make_model: Callable[[], DensityModel],
    config: TrainingConfig,
    directory: artifacts.Path,
    *,
    seed: int,
) -> None:
    """Writes a checkpoint of step 0, from which `train_stage` goes on.

    Args:
      stage: "smoothed", "reverse" or "baseline".
      make_model: builds the model with the weights to start from; called twice.
      config: of the training to come.
      directory: of this stage alone.
      seed: the run's seed.

    Raises:
      OSError: the checkpoint cannot be written.
    """
    strategy = tf.distribute.get_strategy()
    trainer = StageTrainer(stage, make_model, config, seed=seed, strategy=strategy)
    _stage_checkpoints(directory, trainer, _make_window()).save(0)


def _make_window() -> tf.Variable:
    """Sum and number of the losses since the last row of the history.

    Saved, so that a row across an interruption is the mean of all its steps.
    """
    return tf.Variable([0.0, 0.0], dtype=tf.float64)


def _stage_checkpoints(
    directory: artifacts.Path, trainer: StageTrainer, window: tf.Variable
) -> Checkpoints:
    groups = {**trainer.state, "window": [window]}
    return Checkpoints(directory, groups, trainer.step_variable)


class _Run:
    """The host's side of one call of `train_stage`."""

    def __init__(
        self, stage, trainer, dataset, smoothing, config, directory, seed, is_chief
    ):
        self._stage = stage
        self._trainer = trainer
        self._dataset = dataset
        self._smoothing = smoothing
        self._config = config
        self._directory = directory
        self._seed = seed
        self._is_chief = is_chief
        self._window = _make_window()
        self._checkpoints = _stage_checkpoints(directory, trainer, self._window)
        self._history = History(directory)
        self._sample = tf.function(trainer.averaged.sample)

    @property
    def last_checkpoint(self) -> str:
        """Path of the newest checkpoint, or that there is none."""
        return self._checkpoints.latest or "none, it had not come to one"

    def restore(self) -> bool:
        """Goes back to the newest checkpoint; returns whether there is one."""
        self._checkpoints.restore()
        if self._is_chief:
            self._history.truncate(self._trainer.step)
        return self._checkpoints.latest is not None

    def train(self, iterator, monitor: Monitor) -> None:
        """Takes the remaining steps."""
        config = self._config
        validation = batches.validation_arguments(
            self._stage, self._dataset, self._smoothing, config, seed=self._seed
        )
        step = self._trainer.step
        while step < config.num_steps:
            results = self._trainer.run_steps(iterator, self._num_steps_ahead(step))
            for nats, norm in zip(results.nats, results.gradient_norm, strict=True):
                step += 1
                self._check_finite(step, loss=nats, gradient=norm)
                self._window.assign_add([float(nats), 1.0])
            monitor.advance(results, config.batch_size)
            validates = self._is_due(config.validate_every, step)
            if validates or self._is_due(config.log_every, step):
                row = self._train_point(step, norm, monitor)
                if validates:
                    row |= self._validate(step, validation, monitor)
                if self._is_chief:
                    with self._write_errors(step):
                        self._history.append(row)
            if config.sample_every and self._is_due(config.sample_every, step):
                self._picture(step, validation, monitor)
            if self._is_chief and self._is_due(config.checkpoint_every, step):
                with self._write_errors(step):
                    # Last: what a checkpoint's step has written is written by then.
                    monitor.flush()
                    self._checkpoints.save(step)

    def _is_due(self, every: int, step: int) -> bool:
        return step % every == 0 or step == self._config.num_steps

    def _num_steps_ahead(self, step: int) -> int:
        """Steps until the next event, at most `steps_per_call`."""
        config = self._config
        rhythms = (
            config.log_every,
            config.validate_every,
            config.checkpoint_every,
            config.sample_every or config.num_steps,
        )
        return min(
            config.steps_per_call,
            config.num_steps - step,
            *(every - step % every for every in rhythms),
        )

    def _check_finite(self, step: int, **values: float) -> None:
        for name, value in values.items():
            if not math.isfinite(value):
                raise FloatingPointError(
                    f"Training of stage {self._stage!r} stopped: the {name} of step"
                    f" {step} is {value}. The last good checkpoint is"
                    f" {self.last_checkpoint}. Try a lower"
                    " --learning_rate, or --clip_norm=1; training goes on from that"
                    " checkpoint."
                )

    @contextlib.contextmanager
    def _write_errors(self, step: int) -> Iterator[None]:
        """Says in one line what could not be written, and what is left."""
        try:
            yield
        except (OSError, tf.errors.OpError) as error:
            reason = getattr(error, "message", str(error)).splitlines()[0]
            raise OSError(
                f"Training of stage {self._stage!r} stopped: step {step} could not be"
                f" written to {self._directory}: {reason}. Free space, then start"
                " again: training goes on from"
                f" {self._checkpoints.latest or 'the beginning'}."
            ) from error

    def _train_point(
        self, step: int, gradient_norm: float, monitor: Monitor
    ) -> dict[str, float]:
        total, count = self._window.numpy()
        self._window.assign([0.0, 0.0])
        nats = total / count
        # The rate of the step just taken, which the optimizer counted from 0.
        learning_rate = float(self._trainer.schedule(step - 1))
        monitor.train_point(step, nats, learning_rate, float(gradient_norm))
        return {"step": step, **self._curve_point("train", nats)}

    def _validate(
        self, step: int, validation: Validation, monitor: Monitor
    ) -> dict[str, float]:
        nats = self._trainer.mean_nats(validation)
        self._check_finite(step, **{"validation loss": nats})
        monitor.validation_point(step, nats, validation.num_examples)
        return self._curve_point("validation", nats)

    def _curve_point(self, split: str, nats: float) -> dict[str, float]:
        point = {f"{split}_nats": nats}
        if self._dataset.num_levels is not None:
            num_dims = math.prod(self._dataset.event_shape)
            point[f"{split}_bits_per_dim"] = nats_to_bits_per_dim(nats, num_dims)
        return point

    def _picture(self, step: int, validation: Validation, monitor: Monitor) -> None:
        """Samples from the averaged weights, always with the same noise."""
        if not self._is_chief or len(self._dataset.event_shape) != 3:
            return
        seed = derive_seed(self._seed, f"pictures {self._stage}")
        if self._stage != "reverse":
            samples = self._sample(_NUM_PICTURES, seed=seed)
            monitor.picture(step, [(samples, self._stage == "baseline")])
            return
        x, x_smoothed = (
            part[:_NUM_PICTURES] for part in next(iter(validation.batches))[0]
        )
        denoised = self._sample(1, x_smoothed, seed=seed)[0]
        monitor.picture(step, [(x_smoothed, False), (denoised, True), (x, True)])
