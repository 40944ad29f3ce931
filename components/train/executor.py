"""Trains one stage on ingested data."""

import contextlib
import os
import pathlib
import sys
import time
from collections.abc import Iterator, Sequence

from components.configuration import flagfile, node_flags
from components.train.accelerators import ACCELERATORS_VARIABLE, make_strategy
from components.train.checkpoint_root import (
    checkpoint_root,
    digest_of_training,
    finish_removals,
    publish,
    remove_finished,
)
from smoothing_tf import artifacts, devices, stages
from smoothing_tf import config as config_lib
from smoothing_tf.data.dataset import open_dataset
from smoothing_tf.smoothing import make_smoothing
from smoothing_tf.training.checkpoints import newest_step
from smoothing_tf.training.history import History
from smoothing_tf.training.loop import train_stage
from smoothing_tf.training.replicas import check_replicas

# Between looks whether another node still trains the same.
_POLL_SECONDS = 10.0


def run(
    *,
    stage: str,
    flags: Sequence[str],
    data_dir: artifacts.Path,
    smoothing_dir: artifacts.Path,
    output_dir: artifacts.Path,
    code_digest: str = "",
) -> dict[str, float]:
    """Trains a stage and writes checkpoints, TensorBoard, history and flags.cfg.

    flags.cfg holds the flags of this node, from which its model can be loaded, and
    none of other stages. With a root of checkpoints, the stage is trained there and
    then copied; a training that was interrupted resumes, and one that is running in
    another node is waited for. See `checkpoint_root`.

    Args:
      stage: "smoothed" or "reverse".
      flags: flags of this stage's model and training, and the seed.
      data_dir: TFDS directory written by ingest.
      smoothing_dir: directory written by augment.
      output_dir: directory of the stage.
      code_digest: digest of this node's code; a training of other code is not resumed.

    Returns:
      The last row of the training curve.

    Raises:
      FloatingPointError: the loss or its gradient is NaN or infinite.
      RuntimeError: TensorFlow does not see the accelerators that the node was given.
      ValueError: a flag or the data is not valid, or the accelerators cannot share the
        steps.
    """
    strategy = make_strategy()
    root = checkpoint_root()
    directory = pathlib.Path(output_dir)
    if root is not None:
        finish_removals(root)
        directory = root / digest_of_training(
            stage=stage,
            flags=flags,
            data_dir=data_dir,
            smoothing_dir=smoothing_dir,
            code_digest=code_digest,
            accelerators=os.environ.get(ACCELERATORS_VARIABLE, ""),
        )
    flags = node_flags(flags, data_dir, smoothing_dir)
    config = config_lib.parse(flags)
    training = config.stages[stage].training
    check_replicas(training, 1 if strategy is None else strategy.num_replicas_in_sync)
    dataset = open_dataset(config.data)
    devices.announce(config.compute_dtypes([stage]), strategy)

    def train(*, is_locked: bool) -> None:
        artifacts.make_directory(directory)
        artifacts.write_text(directory / artifacts.FLAGS_FILE, flagfile(flags))
        train_stage(
            stage,
            lambda: stages.make_model(config, stage, dataset),
            dataset,
            make_smoothing(config.smoothing),
            training,
            directory,
            seed=config.seed,
            strategy=strategy,
            is_locked=is_locked,
        )

    if root is None:
        train(is_locked=False)
    else:
        with _locked_when_free(stage, directory):
            _say_where(stage, directory)
            train(is_locked=True)
            publish(directory, output_dir, flagfile(flags))
        remove_finished(root)
    return History(output_dir).rows()[-1]


def _say_where(stage: str, directory: pathlib.Path) -> None:
    step = newest_step(directory)
    resuming = "" if step is None else f"; resuming at step {step}"
    print(f"{stage}: checkpoints in {directory}{resuming}.", file=sys.stderr)


@contextlib.contextmanager
def _locked_when_free(stage: str, directory: pathlib.Path) -> Iterator[None]:
    """Locks the directory of a training as soon as no other node uses it."""
    is_waiting = False
    with contextlib.ExitStack() as stack:
        while True:
            artifacts.make_directory(directory)
            try:
                stack.enter_context(artifacts.locked(directory))
                break
            except FileNotFoundError:
                continue  # Another node has just removed the finished training.
            except BlockingIOError as error:
                if not is_waiting:
                    print(f"{stage}: waiting, because {error}", file=sys.stderr)
                is_waiting = True
                time.sleep(_POLL_SECONDS)
        yield
