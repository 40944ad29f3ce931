"""The training of one stage, as seen from the host."""

import contextlib
import math
import signal
import sys
from collections.abc import Callable, Iterator

import tensorflow as tf

from smoothing_tf import artifacts
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.models.density_model import DensityModel
from smoothing_tf.os_errors import message_of_os_error, message_of_tensorflow
from smoothing_tf.smoothing import Smoothing
from smoothing_tf.stage import Stage
from smoothing_tf.training import batches
from smoothing_tf.training.batch_ranges import describe_batch
from smoothing_tf.training.checkpoint_files import DIVERGED_DIRECTORY
from smoothing_tf.training.checkpoints import Checkpoints
from smoothing_tf.training.divergence import Divergence
from smoothing_tf.training.history import History
from smoothing_tf.training.intervals import Intervals
from smoothing_tf.training.monitor import Monitor
from smoothing_tf.training.stage_log import StageLog
from smoothing_tf.training.stage_trainer import StageTrainer, StepResults
from smoothing_tf.training.start_record import StartRecord
from smoothing_tf.training.step_profiler import StepProfiler
from smoothing_tf.training.stop_signals import StopSignals
from smoothing_tf.training.training_config import TrainingConfig


class StageRun:
    """One call of `train_stage`: the work between calls of compiled steps.

    Args:
      stage: name of the stage.
      make_model: function that builds the model with its initial weights.
      trainer: the object that takes the steps.
      dataset: data set with the splits "train" and "validation".
      smoothing: q(x~ | x), or None for the baseline.
      config: settings of the training.
      directory: the stage's directory.
      seed: the run's seed.
      is_chief: whether this process writes.
      stop: requests to stop, or None.
    """

    def __init__(
        self,
        stage: str,
        make_model: Callable[[], DensityModel],
        trainer: StageTrainer,
        dataset: Dataset,
        smoothing: Smoothing | None,
        config: TrainingConfig,
        directory: artifacts.Path,
        seed: int,
        *,
        is_chief: bool,
        stop: StopSignals | None,
    ):
        self._stage = stage
        self._make_model = make_model
        self._trainer = trainer
        self._dataset = dataset
        self._smoothing = smoothing
        self._config = config
        self._directory = directory
        self._seed = seed
        self._is_chief = is_chief
        self._stop = stop or StopSignals()
        self._with_labels = trainer.model.num_classes is not None
        self._log = StageLog(stage, trainer, dataset, seed)
        self._checkpoints = stage_checkpoints(directory, trainer, self._log.window)
        self._history = History(directory)
        self._start = StartRecord(directory)
        num_dims = math.prod(dataset.event_shape)
        self._divergence = Divergence(stage, config, num_dims)
        self._intervals = Intervals(config)
        self._profiler = StepProfiler(stage, config, directory, is_chief=is_chief)
        # Changes of settings that apply from the step at which training resumed.
        self._changes: list[dict] = []

    @property
    def last_checkpoint(self) -> str:
        """The path of the newest checkpoint, or a remark that there is none."""
        return self._checkpoints.latest or "none: no step has been saved"

    def restore(self, before: int | None = None) -> None:
        """Goes back to the newest checkpoint, if there is one.

        Args:
          before: only consider checkpoints of earlier steps than this.
        """
        self._is_resumed = self._checkpoints.restore(before)
        if before is not None and not self._is_resumed:
            self._trainer.start_from(self._make_model().get_weights())
            self._log.window.assign([0.0, 0.0])
        elif not self._is_resumed and self._is_chief and self._history.rows():
            print(
                f"{self._stage}: there is no checkpoint of the training that the"
                f" history in {self._directory} shows; it starts again at step 0.",
                file=sys.stderr,
            )
        step = self._trainer.step
        self._divergence.first_nats = self._first_nats()
        self._changes = self._start.changes(self._config, self._history.changes(), step)
        if self._is_chief:
            self._history.truncate(step)

    def train(self, monitor: Monitor) -> None:
        """Takes the remaining steps.

        A request to stop takes effect after the current call of compiled steps.
        """
        validation = batches.validation_arguments(
            self._stage,
            self._dataset,
            self._smoothing,
            self._config,
            seed=self._seed,
            with_labels=self._with_labels,
        )
        iterator = self._batches()
        with self._stop.deferred():
            try:
                while not self._take_first_steps(iterator, validation, monitor):
                    iterator = self._batches()
                while self._trainer.step < self._config.num_steps:
                    self._finish(self._call(iterator, monitor), validation, monitor)
            finally:
                self._profiler.close(monitor)
        self._stop.raise_if_requested()

    def _take_first_steps(self, iterator, validation, monitor) -> bool:
        """Takes the first steps, or goes back if the checkpoint had diverged."""
        step = self._trainer.step
        results = self._call(iterator, monitor)
        nats, norm = float(results.nats[0]), float(results.gradient_norm[0])
        # With unchanged settings the run would only diverge again.
        if step > 0 and self._changes and self._divergence.is_diverged(nats, norm):
            # Its steps are repeated, and may be far from those to profile.
            self._profiler.close(monitor)
            self._go_back(step, monitor)
            return False
        if math.isfinite(nats) and math.isfinite(norm):
            self._write_start(step, nats)
        self._finish(results, validation, monitor)
        return True

    def _call(self, iterator, monitor: Monitor) -> StepResults:
        step = self._trainer.step
        num_steps = self._intervals.num_steps_ahead(step)
        with self._profiler.step(step + 1, monitor):
            return self._trainer.run_steps(iterator, num_steps)

    def _finish(self, results: StepResults, validation, monitor: Monitor) -> None:
        """Records the results of a call of compiled steps."""
        config, step = self._config, self._trainer.step
        self._count(results)
        monitor.advance(results, config.batch_size)
        validates = self._intervals.is_due(config.validate_every, step)
        if validates or self._intervals.is_due(config.log_every, step):
            row = self._log.train_point(step, results.gradient_norm[-1], monitor)
            if validates:
                nats = self._trainer.mean_nats(validation)
                self._check_finite(step, **{"validation loss": nats})
                row |= self._log.validation_point(
                    step, nats, validation.num_examples, monitor
                )
            if self._is_chief:
                with self._write_errors(step):
                    self._history.append(row)
        stops = self._stop.requested is not None
        if config.sample_every and self._intervals.is_due(config.sample_every, step):
            if self._is_chief and not stops:
                self._log.picture(step, validation, monitor)
        if stops or self._intervals.is_due(config.checkpoint_every, step):
            self._save(step, monitor)
        if stops:
            self._say_stopped(step)
            self._stop.raise_if_requested()

    def _first_nats(self) -> float | None:
        """Returns the loss of the first step, or of the first row in an older run."""
        rows = self._history.rows()
        earliest = rows[0].get("train_nats") if rows else None
        recorded = self._start.first_nats
        return earliest if recorded is None else recorded

    def _batches(self):
        """Makes batches from the next step on; adjusts a new model to the first one."""
        arguments = batches.training_arguments(
            self._stage,
            self._dataset,
            self._smoothing,
            self._config,
            seed=self._seed,
            start_step=self._trainer.step,
            with_labels=self._with_labels,
        )
        if not self._is_resumed:
            self._trainer.initialize_from(next(iter(arguments)))
        return iter(self._trainer.distribute(arguments))

    def _go_back(self, step: int, monitor: Monitor) -> None:
        """Resumes from a checkpoint before `step`, or starts over."""
        files = self._checkpoints.files
        self.restore(before=step)
        if self._is_chief:
            files.set_aside(self._trainer.step)
        place = f"resuming from {files.path(self._trainer.step).name}"
        monitor.go_back(
            self._trainer.step,
            f"{self._stage}: the weights of {files.path(step)} have diverged;"
            f" {place if self._is_resumed else 'starting over'}. It was moved to"
            f" {files.directory / DIVERGED_DIRECTORY}.",
        )

    def _write_start(self, step: int, nats: float) -> None:
        """Records that steps have been taken, and with which changed settings."""
        first_nats = nats if step == 0 else None
        if self._divergence.first_nats is None:
            self._divergence.first_nats = first_nats
        if self._is_chief:
            with self._write_errors(step):
                self._start.write(self._config, first_nats)
                for change in self._changes:
                    self._history.append(change)
        self._changes = []

    def _count(self, results: StepResults) -> None:
        """Adds the losses to the window; stops if one is not finite."""
        first = self._trainer.step - len(results.nats) + 1
        for step, (nats, norm) in enumerate(
            zip(map(float, results.nats), map(float, results.gradient_norm)), first
        ):
            self._divergence.observe(step, nats, norm)
            self._check_finite(step, loss=nats, gradient=norm)
            self._log.window.assign_add([nats, 1.0])

    def _save(self, step: int, monitor: Monitor) -> None:
        if not self._trainer.is_finite():
            self._fail(step, "the weights are NaN or infinite")
        if self._is_chief:
            with self._write_errors(step):
                # A checkpoint comes last, so that it implies all that its steps wrote.
                monitor.flush()
                self._checkpoints.save(step)

    def _say_stopped(self, step: int) -> None:
        if self._is_chief and self._stop.requested == signal.SIGTERM:
            print(
                f"{self._stage}: terminated at step {step}; saved"
                f" {self.last_checkpoint}. Run the same command to resume.",
                file=sys.stderr,
            )

    def _check_finite(self, step: int, **values: float) -> None:
        for name, value in values.items():
            if not math.isfinite(value):
                self._fail(step, f"the {name} is {value}")

    def _fail(self, step: int, what: str) -> None:
        if step == 1:
            ranges = describe_batch(
                self._dataset,
                None if self._stage == Stage.BASELINE else self._smoothing,
                batch_size=self._config.batch_size,
                seed=self._seed,
                step=step,
            )
            raise FloatingPointError(
                self._divergence.first_message(
                    what, ranges, is_imported=self._is_resumed
                )
            )
        divergence = self._divergence
        place = divergence.resumption(self._checkpoints.files, self._trainer.step)
        raise FloatingPointError(
            divergence.message(step, what, divergence.last_nats, place)
        )

    @contextlib.contextmanager
    def _write_errors(self, step: int) -> Iterator[None]:
        """Turns an error of writing into one line that says how to resume."""
        try:
            yield
        except (OSError, tf.errors.OpError) as error:
            if isinstance(error, OSError):
                reason = message_of_os_error(error)
            else:
                reason = message_of_tensorflow(error.message)
            raise OSError(
                f"Training of stage {self._stage!r} stopped: step {step} could not be"
                f" written to {self._directory}: {reason} Then run the same command:"
                f" training resumes from {self._checkpoints.latest or 'the beginning'}."
            ) from error


def stage_checkpoints(
    directory: artifacts.Path, trainer: StageTrainer, window: tf.Variable
) -> Checkpoints:
    """Makes the checkpoints of a stage: its trainer's state and the log's window."""
    groups = {**trainer.state, "window": [window]}
    return Checkpoints(directory, groups, trainer.step_variable)
