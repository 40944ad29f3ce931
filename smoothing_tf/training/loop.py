"""The one training loop, for every stage, model, data set and strategy."""

import contextlib
import pathlib
import sys
from collections.abc import Callable

import tensorflow as tf

from smoothing_tf import artifacts
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.smoothing import Smoothing
from smoothing_tf.training.checkpoint_files import CheckpointFiles
from smoothing_tf.training.history import HISTORY_FILE
from smoothing_tf.training.monitor import Monitor
from smoothing_tf.training.stage_log import make_window
from smoothing_tf.training.stage_run import StageRun, stage_checkpoints
from smoothing_tf.training.stage_trainer import StageTrainer
from smoothing_tf.training.start_record import START_FILE
from smoothing_tf.training.stop_signals import StopSignals
from smoothing_tf.training.strategies import is_chief
from smoothing_tf.training.training_config import TrainingConfig
from smoothing_tf.training.xla_check import check_compiles


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
    is_locked: bool = False,
    stop: StopSignals | None = None,
) -> None:
    """Trains one stage by maximum likelihood, or resumes where it stopped.

    A new run first adjusts the initial weights to its first batch, for models that
    define this; weights from a checkpoint, including one of step 0, stay unchanged.

    Stage smoothed learns p(x~), reverse p(x | x~), baseline p(x). Everything is a
    function of (seed, step): on one CPU device a run that was killed and started again
    ends with the same bits as an uninterrupted one. TensorFlow's CPU kernels are
    reproducible by default; on a GPU call
    `tf.config.experimental.enable_op_determinism()` first. The number of replicas, the
    size of micro batches and XLA change the weights only by rounding, except with
    dropout, whose masks are drawn for each micro batch of each replica; XLA draws other
    masks from the same seeds.

    Writes checkpoints/, tensorboard/, history.jsonl and started.json into `directory`,
    which is locked meanwhile. The learning rate, its decay and the clipping may differ
    from those of earlier steps; the history then records the change. If a checkpoint
    was saved after training had diverged, a run with changed settings resumes from the
    checkpoint before it, or starts over.

    Args:
      stage: the stage, a `Stage` or its name.
      make_model: function that builds the model, always with the same initial
        weights; it is called twice, and the second model holds the averaged weights.
      dataset: data set with the splits "train" and "validation".
      smoothing: q(x~ | x); None for the baseline.
      config: settings of the training.
      directory: directory of this stage alone.
      seed: the run's seed.
      strategy: distribution strategy; None for the current one, usually one device.
        Make only one per process: the collectives of a second MirroredStrategy keep
        the shapes of the first.
      progress: whether to show a progress bar on stderr.
      is_locked: whether the caller holds the lock of `directory`.
      stop: requests to stop, from a handler of signals; the current call is finished
        and a checkpoint saved. None installs no handlers.

    Raises:
      BlockingIOError: another process trains in `directory`.
      KeyboardInterrupt, SystemExit: a stop was requested.
      FloatingPointError: the loss or its gradient is NaN or infinite.
      OSError: a checkpoint cannot be written.
      ValueError: the checkpoint in `directory` belongs to another model, the replicas
        cannot share the steps, XLA cannot compile them, a split is empty, or
        `config.num_steps` is below the step of the checkpoint.

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021.
    """
    directory = artifacts.make_directory(directory)
    strategy = strategy or tf.distribute.get_strategy()
    writes = is_chief(strategy)
    with contextlib.ExitStack() as stack:
        if writes and not is_locked:
            stack.enter_context(artifacts.locked(directory))
        if writes:
            remove_leftovers(directory)
        trainer = StageTrainer(stage, make_model, config, seed=seed, strategy=strategy)
        run = StageRun(
            stage,
            make_model,
            trainer,
            dataset,
            smoothing,
            config,
            directory,
            seed,
            is_chief=writes,
            stop=stop,
        )
        run.restore()
        if trainer.step > config.num_steps:
            raise ValueError(
                f"`num_steps` must be at least {trainer.step}, the step of the"
                f" checkpoint in {directory}; got {config.num_steps}. Name another"
                " directory for a shorter run."
            )
        if trainer.step == config.num_steps:
            if progress and writes:
                print(
                    f"{stage}: all {config.num_steps} steps are already done; nothing"
                    f" to train in {directory}.",
                    file=sys.stderr,
                )
            return
        check_compiles(trainer, stage, config)
        monitor = stack.enter_context(
            Monitor(
                stage,
                dataset,
                directory,
                start_step=trainer.step,
                num_steps=config.num_steps,
                progress=progress,
                is_chief=writes,
            )
        )
        try:
            run.train(monitor)
        except KeyboardInterrupt:
            monitor.say(
                f"{stage}: interrupted at step {trainer.step}; the last checkpoint is"
                f" {run.last_checkpoint}."
            )
            raise


def remove_leftovers(directory: artifacts.Path) -> None:
    """Removes temporary files of killed processes from a stage's directory.

    The caller must hold the lock of the directory.
    """
    artifacts.remove_leftovers(pathlib.Path(directory) / HISTORY_FILE)
    artifacts.remove_leftovers(pathlib.Path(directory) / START_FILE)
    CheckpointFiles(directory).remove_leftovers()


def write_initial_state(
    stage: str,
    make_model: Callable[[], DensityModel],
    config: TrainingConfig,
    directory: artifacts.Path,
    *,
    seed: int,
    is_locked: bool = False,
) -> None:
    """Writes a checkpoint of step 0, from which `train_stage` resumes.

    Args:
      stage: the stage, a `Stage` or its name.
      make_model: function that builds the model with the weights to start from;
        called twice.
      config: settings of the training to come.
      directory: directory of this stage alone.
      seed: the run's seed.
      is_locked: whether the caller holds the lock of `directory`.

    Raises:
      BlockingIOError: another process trains in `directory`.
      OSError: the checkpoint cannot be written.
    """
    strategy = tf.distribute.get_strategy()
    directory = artifacts.make_directory(directory)
    with contextlib.ExitStack() as stack:
        if not is_locked:
            stack.enter_context(artifacts.locked(directory))
        remove_leftovers(directory)
        trainer = StageTrainer(stage, make_model, config, seed=seed, strategy=strategy)
        stage_checkpoints(directory, trainer, make_window()).save(0)
