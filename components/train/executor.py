"""Trains one stage on ingested data."""

import pathlib
from collections.abc import Sequence

from components.configuration import flagfile, node_flags
from components.train.accelerators import make_strategy
from smoothing_tf import artifacts, devices, stages
from smoothing_tf import config as config_lib
from smoothing_tf.data.dataset import open_dataset
from smoothing_tf.smoothing import make_smoothing
from smoothing_tf.training.history import History
from smoothing_tf.training.loop import train_stage
from smoothing_tf.training.replicas import check_replicas


def run(
    *,
    stage: str,
    flags: Sequence[str],
    data_dir: artifacts.Path,
    smoothing_dir: artifacts.Path,
    output_dir: artifacts.Path,
) -> dict[str, float]:
    """Trains a stage and writes checkpoints, TensorBoard, history and flags.cfg.

    flags.cfg holds the flags of this node, from which its model can be loaded, and
    none of other stages.

    Args:
      stage: "smoothed" or "reverse".
      flags: flags of this stage's model and training, and the seed.
      data_dir: TFDS directory written by ingest.
      smoothing_dir: directory written by augment.
      output_dir: directory of the stage.

    Returns:
      The last row of the training curve.

    Raises:
      FloatingPointError: the loss or its gradient is NaN or infinite.
      RuntimeError: TensorFlow does not see the accelerators that the node was given.
      ValueError: a flag or the data is not valid, or the accelerators cannot share the
        steps.
    """
    strategy = make_strategy()
    flags = node_flags(flags, data_dir, smoothing_dir)
    config = config_lib.parse(flags)
    training = config.stages[stage].training
    check_replicas(training, 1 if strategy is None else strategy.num_replicas_in_sync)
    dataset = open_dataset(config.data)
    output_dir = artifacts.make_directory(output_dir)
    artifacts.write_text(
        pathlib.Path(output_dir) / artifacts.FLAGS_FILE, flagfile(flags)
    )
    devices.announce(config.compute_dtypes([stage]), strategy)
    train_stage(
        stage,
        lambda: stages.make_model(config, stage, dataset),
        dataset,
        make_smoothing(config.smoothing),
        training,
        output_dir,
        seed=config.seed,
        strategy=strategy,
    )
    return History(output_dir).rows()[-1]
