import numpy as np
import pytest

from smoothing_tf.data.subsets import subset_indices
from smoothing_tf.evaluation.inception_score import inception_score


def test_sure_and_balanced_predictions_score_the_number_of_classes():
    logits = np.tile(1e3 * np.eye(5), (20, 1))
    # In contiguous splits of 0, 1, ..., 4, 0, ... all classes are equally frequent.
    mean, std = inception_score(logits, contiguous=True)
    assert mean == pytest.approx(5.0, rel=1e-12)
    assert std == pytest.approx(0.0, abs=1e-12)


def test_equal_predictions_score_one():
    assert inception_score(np.tile([0.3, -2.0, 1.0], (40, 1))).mean == pytest.approx(1)


def test_equals_the_definition_on_splits():
    rng = np.random.Generator(np.random.PCG64(0))
    logits = 3.0 * rng.normal(size=(103, 4)).astype(np.float32)
    probs = np.exp(logits.astype(np.float64))
    probs /= probs.sum(axis=1, keepdims=True)
    scores = []
    for split in range(10):
        p = probs[split * 103 // 10 : (split + 1) * 103 // 10]
        divergence = np.sum(p * (np.log(p) - np.log(p.mean(axis=0))), axis=1)
        scores.append(np.exp(divergence.mean()))
    mean, std = inception_score(logits, contiguous=True)
    assert mean == pytest.approx(np.mean(scores), rel=1e-12)
    assert std == pytest.approx(np.std(scores), rel=1e-9)
    # By default the splits are those of the library's permutation.
    shuffled = np.empty_like(logits)
    shuffled[subset_indices(103)] = logits
    assert inception_score(shuffled).mean == mean


@pytest.mark.parametrize("num_classes", [2, 10, 37])
def test_data_sorted_by_class_score_as_shuffled_data_do(num_classes):
    rng = np.random.Generator(np.random.PCG64(0))
    classes = np.sort(rng.integers(num_classes, size=5000))
    logits = rng.normal(size=(5000, num_classes))
    logits[np.arange(5000), classes] += 8.0
    shuffled = inception_score(rng.permutation(logits), contiguous=True)
    by_class = inception_score(logits)
    assert by_class.mean == pytest.approx(shuffled.mean, rel=0.02)
    # The contiguous splits of other tools are this far off.
    contiguous = inception_score(logits, contiguous=True)
    assert contiguous.mean < 0.75 * shuffled.mean


def test_invariant_to_a_shift_of_the_logits():
    rng = np.random.Generator(np.random.PCG64(1))
    logits = rng.normal(size=(50, 4))
    shifted = logits + 1e4 * rng.normal(size=(50, 1))
    assert inception_score(shifted).mean == pytest.approx(inception_score(logits).mean)


def test_fewer_rows_than_splits_is_an_error():
    with pytest.raises(ValueError, match="at least 10 rows"):
        inception_score(np.zeros((9, 3)))
