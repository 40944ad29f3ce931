"""The batches of a stage, for training and for validation."""

from typing import NamedTuple

import tensorflow as tf

from smoothing_tf.data import input_pipeline
from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.input_pipeline import without_autograph
from smoothing_tf.data.subsets import subset_indices
from smoothing_tf.settings import choose
from smoothing_tf.smoothing import Smoothing
from smoothing_tf.stage import Stage
from smoothing_tf.training.training_config import TrainingConfig

# The arguments of `DensityModel.log_prob`: x, and the parts of its `Condition` by name
# if there are any. A batch for several workers cannot hold None.
Arguments = tuple[tf.Tensor] | tuple[tf.Tensor, dict[str, tf.Tensor]]

# Stage -> (x, x~) of its density, by their names in a batch; x~ may be absent.
_NAMES: dict[str, tuple[str, str | None]] = {
    Stage.SMOOTHED: ("x_smoothed", None),
    Stage.REVERSE: ("x", "x_smoothed"),
    Stage.BASELINE: ("x", None),
}


def training_arguments(
    stage: str,
    dataset: Dataset,
    smoothing: Smoothing | None,
    config: TrainingConfig,
    *,
    seed: int,
    start_step: int,
    with_labels: bool = False,
) -> tf.data.Dataset:
    """Makes endless batches of the arguments of `log_prob`, starting at a step.

    Conditions hold labels only with `with_labels`.

    Raises:
      ValueError: an unknown stage, no smoothing where the stage needs one, a split
        that is missing or smaller than a batch, or no labels where they are needed.
    """
    names, smoothing = _stage_arguments(stage, smoothing)
    batches = input_pipeline.training_batches(
        dataset,
        smoothing,
        batch_size=config.batch_size,
        seed=seed,
        start_step=start_step,
        with_labels=with_labels,
    )
    return batches.map(without_autograph(lambda batch: _arguments(names, batch)))


def zero_arguments(
    stage: str, event_shape: tuple[int, ...], batch_size: int, with_labels: bool
) -> Arguments:
    """Makes arguments of `log_prob` of the right shapes and dtypes, all of them 0."""
    x = tf.zeros([batch_size, *event_shape])
    batch = {"x": x, "x_smoothed": x}
    if with_labels:
        batch["label"] = tf.zeros([batch_size], tf.int32)
    return _arguments(choose(_NAMES, stage, "stage"), batch)


class Validation(NamedTuple):
    """Batches of (arguments of `log_prob`, whether each row counts).

    The last batch is filled with rows that do not count, so that all replicas get
    equal shares and one compiled function serves all batches.
    """

    batches: tf.data.Dataset
    num_examples: int  # rows that count


def validation_arguments(
    stage: str,
    dataset: Dataset,
    smoothing: Smoothing | None,
    config: TrainingConfig,
    *,
    seed: int,
    with_labels: bool = False,
) -> Validation:
    """Makes batches of a fixed random subset of the validation split, with fixed noise.

    The subset is that of `subset_indices`, in its random order, even if it is the whole
    split: any number of its first rows is again a random subset. Conditions hold
    labels only with `with_labels`.

    Raises:
      ValueError: an unknown stage, no smoothing where the stage needs one, a
        validation split that is missing or empty, or no labels where they are needed.
    """
    names, smoothing = _stage_arguments(stage, smoothing)
    batch_size = config.batch_size
    indices = subset_indices(
        len(dataset.array("validation")), config.max_validation_examples
    )
    num_examples = len(indices)
    batches = input_pipeline.evaluation_batches(
        dataset,
        smoothing,
        split="validation",
        batch_size=batch_size,
        seed=seed,
        indices=indices,
        with_labels=with_labels,
    )

    @without_autograph
    def fill_up(number: tf.Tensor, batch: dict[str, tf.Tensor]):
        batch = {name: _pad_rows(part, batch_size) for name, part in batch.items()}
        position = number * batch_size + tf.range(batch_size, dtype=tf.int64)
        return _arguments(names, batch), position < num_examples

    return Validation(batches.enumerate().map(fill_up), num_examples)


def _stage_arguments(
    stage: str, smoothing: Smoothing | None
) -> tuple[tuple[str, str | None], Smoothing | None]:
    """Looks up the arguments of a stage, and the smoothing that they need."""
    names = choose(_NAMES, stage, "stage")
    if "x_smoothed" not in names:
        return names, None
    if smoothing is None:
        raise ValueError(f"`smoothing` must be given for stage {stage!r}; got None.")
    return names, smoothing


def _arguments(names: tuple[str, str | None], batch: dict[str, tf.Tensor]) -> Arguments:
    """Makes the arguments of `log_prob` from a batch."""
    x, x_smoothed = names
    parts = {name: batch[name] for name in (x_smoothed, "label") if name in batch}
    return (batch[x], parts) if parts else (batch[x],)


def _pad_rows(x: tf.Tensor, num_rows: int) -> tf.Tensor:
    missing = num_rows - tf.shape(x)[0]
    padded = tf.pad(x, [[0, missing]] + [[0, 0]] * (x.shape.rank - 1))
    return tf.ensure_shape(padded, [num_rows, *x.shape[1:]])
