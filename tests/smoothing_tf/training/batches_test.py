import numpy as np
import pytest

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.input_pipeline import evaluation_batches
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.data.subsets import subset_indices
from smoothing_tf.smoothing import Gaussian
from smoothing_tf.training import TrainingConfig
from smoothing_tf.training.batches import training_arguments, validation_arguments
from tests.testing.tiny_data import NUM_EXAMPLES, tiny_dataset

_SPLITS = ("train", "validation")


@pytest.mark.parametrize(
    ("stage", "takes_x_smoothed"),
    [("smoothed", False), ("reverse", True), ("baseline", False)],
)
def test_every_stage_sees_its_pair(stage, takes_x_smoothed):
    dataset = tiny_dataset()
    config = TrainingConfig(batch_size=3)
    batches = training_arguments(
        stage, dataset, Gaussian(0.3), config, seed=1, start_step=0
    )
    x, *parts = next(iter(batches))
    assert x.shape == (3, 4, 4, 1)
    shapes = [{name: part.shape for name, part in own.items()} for own in parts]
    assert shapes == ([{"x_smoothed": x.shape}] if takes_x_smoothed else [])
    levels = (x.numpy() + 1) * 1.5
    on_levels = np.allclose(levels, np.round(levels), atol=1e-5)
    assert on_levels == (stage != "smoothed")


@pytest.mark.parametrize("stage", ["smoothed", "reverse", "baseline"])
def test_labels_belong_to_their_examples(stage):
    # The value of an example tells its label.
    arrays = {split: np.arange(6, dtype=np.float32)[:, None] for split in _SPLITS}
    labels = {split: np.arange(6) % 3 for split in _SPLITS}
    dataset = Dataset(source_from_arrays("labeled", arrays, None, labels))
    smoothing = None if stage == "baseline" else Gaussian(0.01)
    arguments = (stage, dataset, smoothing, TrainingConfig(batch_size=4))
    batches = training_arguments(*arguments, seed=1, start_step=0, with_labels=True)
    validation = validation_arguments(*arguments, seed=1, with_labels=True)
    pairs = [next(iter(batches))]
    pairs += [
        (x[counts], {"label": parts["label"][counts]})
        for (x, parts), counts in validation.batches
    ]
    for x, parts in pairs:
        assert parts["label"].dtype == np.int32
        expected = np.rint(np.ravel(x)).astype(int) % 3
        np.testing.assert_array_equal(parts["label"], expected)
    with pytest.raises(ValueError, match="has no labels"):
        unlabeled = Dataset(source_from_arrays("unlabeled", arrays, None))
        training_arguments(
            stage, unlabeled, *arguments[2:], seed=1, start_step=0, with_labels=True
        )


@pytest.mark.parametrize("batch_size", [1, 4, 6, 50])
@pytest.mark.parametrize("cap", [5, 1000])
def test_validation_counts_every_example_once_in_equal_batches(batch_size, cap):
    config = TrainingConfig(batch_size=batch_size, max_validation_examples=cap)
    validation = validation_arguments(
        "reverse", tiny_dataset(), Gaussian(0.3), config, seed=1
    )
    rows, noise = [], []
    for (x, parts), counts in validation.batches:
        x_smoothed = parts["x_smoothed"]
        assert len(x) == len(x_smoothed) == len(counts) == batch_size
        rows.extend(x.numpy()[counts.numpy()])
        noise.extend(x_smoothed.numpy()[counts.numpy()])
    n = min(cap, NUM_EXAMPLES["validation"])
    assert validation.num_examples == len(rows) == n
    # The examples and their noise are those of a pass over the whole split.
    everything = evaluation_batches(
        tiny_dataset(), Gaussian(0.3), split="validation", batch_size=6, seed=1
    )
    (whole,) = everything.as_numpy_iterator()
    drawn = subset_indices(6, n)
    np.testing.assert_array_equal(rows, whole["x"][drawn])
    np.testing.assert_array_equal(noise, whole["x_smoothed"][drawn])


@pytest.mark.parametrize("num_examples", [1000, 5000])
def test_validation_on_sorted_classes_sees_each_in_proportion(num_examples):
    classes = np.repeat(np.arange(10.0, dtype=np.float32), num_examples // 10)[:, None]
    dataset = Dataset(source_from_arrays("sorted", {"validation": classes}, None))
    config = TrainingConfig(batch_size=50, max_validation_examples=1000)
    validation = validation_arguments("baseline", dataset, None, config, seed=1)
    batches = [x.numpy().ravel() for (x,), _ in validation.batches]
    counts = np.bincount(np.concatenate(batches).astype(int), minlength=10)
    # Hypergeometric of the larger split: standard deviation 8.5.
    assert np.all(np.abs(counts - 100) < 4.5 * 8.5)
    # The pictures in TensorBoard are the beginning of the first batch.
    assert len(set(batches[0][:8])) >= 4


def test_unknown_stage_and_missing_smoothing_are_rejected():
    arguments = (tiny_dataset(), None, TrainingConfig(batch_size=3))
    with pytest.raises(ValueError, match="`stage` must be one of baseline, reverse"):
        validation_arguments("both", *arguments, seed=1)
    with pytest.raises(ValueError, match="`smoothing` must be given"):
        validation_arguments("reverse", *arguments, seed=1)
