"""Training nodes in processes of their own, which share a root of checkpoints."""

import contextlib
import multiprocessing
import os
import pathlib
import time
from collections.abc import Callable

from components.train import executor
from components.train.checkpoint_root import CHECKPOINT_ROOT_VARIABLE
from smoothing_tf.training.checkpoints import Checkpoints
from tests.testing.forkserver import forkserver_context
from tests.testing.grappler import disable_grappler

FLAGS = [
    "--reverse_model=made",
    "--reverse_hidden_units=3",
    "--reverse_num_mixtures=1",
    "--reverse_batch_size=8",
    "--reverse_num_steps=4",
    "--reverse_steps_per_call=1",
    "--reverse_log_every=1",
    "--reverse_validate_every=4",
    "--reverse_sample_every=0",
    "--reverse_checkpoint_every=2",
]


class TrainingNode:
    """A node in a process.

    Args:
      root: the root of checkpoints; None for none.
      place: directory for the artifact, `model`, and for what the node prints.
      data_dir: TFDS directory written by ingest.
      smoothing_dir: directory written by augment.
      pauses: whether it waits for `go_on` after its first checkpoint.
    """

    def __init__(self, root, place, data_dir, smoothing_dir, *, pauses=False):
        self.place = pathlib.Path(place)
        self.place.mkdir()
        given = (root, self.place, str(data_dir), str(smoothing_dir), pauses)
        self.process: multiprocessing.Process = forkserver_context().Process(
            target=_run, args=given
        )
        self.process.start()

    def text(self) -> str:
        """What it has printed."""
        path = self.place / "stderr"
        return path.read_text() if path.exists() else ""

    def wait_for(self, condition: Callable[[], bool], seconds: float = 120.0) -> None:
        """Waits while the process runs."""
        end = time.monotonic() + seconds
        while not condition():
            assert self.process.is_alive() and time.monotonic() < end, self.text()
            time.sleep(0.05)

    def has_paused(self) -> bool:
        """Whether its first checkpoint is there."""
        return (self.place / "paused").exists()

    def go_on(self) -> None:
        """Ends the pause."""
        (self.place / "go").touch()

    def finish(self) -> None:
        """Waits until it has succeeded."""
        self.process.join(120.0)
        assert self.process.exitcode == 0, self.text()


def _run(root, place, data_dir, smoothing_dir, pauses):
    disable_grappler()  # As in the tests, whose runs must give the same bits.
    if root is not None:
        os.environ[CHECKPOINT_ROOT_VARIABLE] = str(root)
    executor._POLL_SECONDS = 0.1
    if pauses:
        _pause_after_saving(place)
    with (place / "stderr").open("w", 1) as text, contextlib.redirect_stderr(text):
        executor.run(
            stage="reverse",
            flags=FLAGS,
            data_dir=data_dir,
            smoothing_dir=smoothing_dir,
            output_dir=place / "model",
        )


def _pause_after_saving(place):
    save = Checkpoints.save

    def save_and_wait(checkpoints, step):
        save(checkpoints, step)
        (place / "paused").touch()
        while not (place / "go").exists():
            time.sleep(0.05)

    Checkpoints.save = save_and_wait
