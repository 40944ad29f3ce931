"""Trains the tiny model: `train_tiny.py DIRECTORY NUM_STEPS DROPOUT`.

A process of its own, for a test to kill, or with TF_CONFIG one worker of several.
"""

import os
import sys

import tensorflow as tf

from smoothing_tf.smoothing import Gaussian
from smoothing_tf.training import TrainingConfig, train_stage
from tests.testing.tiny_data import tiny_dataset
from tests.testing.tiny_models import make_tiny_model


def train(
    directory: str,
    num_steps: int,
    dropout: float,
    strategy: tf.distribute.Strategy | None = None,
) -> None:
    """Trains the reverse stage."""
    dataset = tiny_dataset()
    train_stage(
        "reverse",
        lambda: make_tiny_model("reverse", dataset.event_shape, dropout=dropout),
        dataset,
        Gaussian(0.3),
        TrainingConfig(
            num_steps=num_steps,
            batch_size=4,
            learning_rate=0.01,
            steps_per_call=4,
            log_every=4,
            validate_every=25,
            sample_every=0,
            checkpoint_every=7,
        ),
        directory,
        seed=1,
        strategy=strategy,
    )


def main():
    directory, num_steps, dropout = sys.argv[1:]
    strategy = None
    if "TF_CONFIG" in os.environ:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    train(directory, int(num_steps), float(dropout), strategy)


if __name__ == "__main__":
    main()
