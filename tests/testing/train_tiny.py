"""Trains the tiny model, here or in a separate process to be killed, or as a worker."""

import json
import multiprocessing
import os

import tensorflow as tf

from smoothing_tf.smoothing import Gaussian
from smoothing_tf.training import TrainingConfig, train_stage
from smoothing_tf.training.stop_signals import StopSignals
from tests.testing.forkserver import forkserver_context
from tests.testing.grappler import disable_grappler
from tests.testing.tiny_data import tiny_dataset
from tests.testing.tiny_models import make_tiny_model


def train(
    directory: os.PathLike,
    stage: str = "reverse",
    dataset=None,
    make_model=None,
    *,
    dropout: float = 0.5,
    strategy: tf.distribute.Strategy | None = None,
    progress: bool = False,
    stop: StopSignals | None = None,
    **settings,
) -> None:
    """Trains a stage for a few steps.

    Args:
      directory: directory of the stage.
      stage: name of the stage.
      dataset: data set; None for `tiny_dataset()`.
      make_model: function that builds the model; None for the tiny model.
      dropout: dropout rate of the tiny model.
      strategy: distribution strategy; see `train_stage`.
      progress: whether to show a progress bar.
      stop: requests to stop; see `train_stage`.
      **settings: settings of `TrainingConfig` that replace the defaults here.
    """
    dataset = dataset or tiny_dataset()
    defaults = dict(
        num_steps=6,
        batch_size=4,
        learning_rate=0.05,
        steps_per_call=2,
        log_every=2,
        validate_every=4,
        sample_every=0,
        checkpoint_every=3,
    )
    train_stage(
        stage,
        make_model
        or (lambda: make_tiny_model(stage, dataset.event_shape, dropout=dropout)),
        dataset,
        None if stage == "baseline" else Gaussian(0.3),
        TrainingConfig(**(defaults | settings)),
        directory,
        seed=1,
        strategy=strategy,
        progress=progress,
        stop=stop,
    )


def start_process(
    directory: os.PathLike, cluster: dict | None = None, **arguments
) -> multiprocessing.Process:
    """Starts `train` in a separate process.

    Args:
      directory: directory of the stage.
      cluster: value of TF_CONFIG that makes the process one of several workers.
      **arguments: arguments of `train`.
    """
    process = forkserver_context().Process(
        target=_run, args=(directory, cluster, arguments)
    )
    process.start()
    return process


def _run(directory: os.PathLike, cluster: dict | None, arguments: dict) -> None:
    disable_grappler()  # As in the tests, whose runs must give the same bits.
    strategy = None
    if cluster is not None:
        os.environ["TF_CONFIG"] = json.dumps(cluster)
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    train(directory, strategy=strategy, **arguments)
