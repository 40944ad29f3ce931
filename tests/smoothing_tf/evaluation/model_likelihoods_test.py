"""Likelihoods of subsets: unbiased on sorted data, with the noise of the whole."""

import dataclasses
import math

import numpy as np
import pytest

from smoothing_tf.data.dataset import Dataset
from smoothing_tf.data.source import source_from_arrays
from smoothing_tf.data.subsets import DRAWN, subset_indices
from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.model_likelihoods import model_likelihoods
from tests.testing.tiny_models import make_tiny_model, tiny_trained

pytestmark = pytest.mark.usefixtures("eager")

SHAPE = (2,)
NUM_CLASSES = 10
SMOOTHED = "nll_smoothed"


def _sorted_by_class(seed: int, num_examples: int) -> np.ndarray:
    """Classes of different sizes, means and spreads, one after the other."""
    rng = np.random.default_rng(seed)
    sizes = rng.multinomial(num_examples, rng.dirichlet(np.full(NUM_CLASSES, 5.0)))
    return np.concatenate(
        [
            rng.normal(rng.normal(scale=2.0, size=SHAPE), rng.uniform(0.2, 1.0), (n, 2))
            for n in sizes
        ]
    ).astype(np.float32)


def _dataset(seed: int, num_test: int = 2000, num_train: int = 3000) -> Dataset:
    arrays = {
        "train": _sorted_by_class(1000 + seed, num_train),
        "test": _sorted_by_class(seed, num_test),
    }
    return Dataset(source_from_arrays("sorted", arrays, None))


@pytest.fixture(scope="module")
def trained():
    return tiny_trained(SHAPE)


def _evaluate(trained, dataset, max_examples, *, baseline=None, **kwargs):
    kwargs = {"num_importance_draws": 0, "evaluation_batch_size": 500, **kwargs}
    return model_likelihoods(
        dataclasses.replace(trained, baseline=baseline),
        dataset,
        config=EvaluationConfig(max_examples=max_examples, **kwargs),
        seed=3,
    )


def _evaluate_smoothed(trained, dataset, max_examples):
    """Evaluates only the smoothed stage, whose x~ is noised; this is fast."""
    return model_likelihoods(
        dataclasses.replace(trained, reverse=None),
        dataset,
        config=EvaluationConfig(max_examples=max_examples, evaluation_batch_size=500),
        seed=3,
    )


def _distance(part: np.ndarray, whole: np.ndarray) -> float:
    """|mean of the part - mean of the whole| in its standard errors."""
    n, size = len(part), len(whole)
    se = np.std(whole, ddof=1) * math.sqrt((1.0 / n) * (1.0 - n / size))
    return abs(part.mean() - whole.mean()) / se


def test_twenty_sorted_data_sets_score_a_subset_as_they_score_the_whole(trained):
    drawn, first = [], []
    for seed in range(20):
        dataset = _dataset(seed, num_test=1000 + 100 * seed, num_train=50)
        _, whole = _evaluate_smoothed(trained, dataset, None)
        n = 50 + 10 * seed
        metrics, part = _evaluate_smoothed(trained, dataset, n)
        assert metrics[SMOOTHED]["n"] == n
        drawn.append(_distance(part[SMOOTHED], whole[SMOOTHED]))
        first.append(_distance(whole[SMOOTHED][:n], whole[SMOOTHED]))
    assert np.sum(np.array(drawn) <= 3.0) >= 19
    # Two thirds are within one standard error, so the error is not too large.
    assert 8 <= np.sum(np.array(drawn) <= 1.0) <= 19
    # The beginning of the split, one or two classes, fails this test.
    assert np.sum(np.array(first) <= 3.0) <= 6


def test_the_training_bound_of_a_sorted_split_is_that_of_all_its_classes(trained):
    distances = []
    for seed in range(3):
        dataset = _dataset(seed)
        metrics, _ = _evaluate(trained, dataset, 200)
        # The same examples, noise and models, with the training split evaluated.
        _, whole = _evaluate(trained, dataset, None, split="train")
        part = whole["nll"][subset_indices(3000, 200)]
        value = metrics["nll_train"]["value"]
        assert value == pytest.approx(part.mean(), rel=1e-6)
        distances.append(_distance(part, whole["nll"]))
        assert metrics["nll_train"]["subset"] == {
            "size": 200,
            "of": 3000,
            "drawn": DRAWN,
        }
    assert np.all(np.array(distances) < 3.5)


def test_subsets_are_nested_and_keep_their_noise_in_every_draw(trained):
    dataset = _dataset(0)
    baseline = make_tiny_model("baseline", SHAPE)
    evaluations = {
        n: _evaluate(
            trained,
            dataset,
            n,
            baseline=baseline,
            num_draws=2,
            num_importance_draws=3,
            # Neither size divides a block of noise or the other size.
            evaluation_batch_size=batch_size,
        )
        for n, batch_size in ((None, 777), (400, 33), (40, 40))
    }
    metrics, whole = evaluations[None]
    assert all("subset" not in metrics[name] for name in metrics if name != "nll_train")
    np.testing.assert_array_equal(whole["index"], np.arange(2000))
    for n in (400, 40):
        metrics, part = evaluations[n]
        np.testing.assert_array_equal(
            part["index"], np.sort(subset_indices(2000, n)), strict=True
        )
        assert set(part["index"]) <= set(evaluations[400][1]["index"])
        for name in ("nll", "nll_smoothed", "nll_noise", "nll_iw", "nll_baseline"):
            np.testing.assert_allclose(
                part[name], whole[name][part["index"]], rtol=1e-6, atol=1e-6
            )
        for name in ("nll", "nll_iw", "nll_baseline"):
            record = {"size": n, "of": 2000, "drawn": DRAWN}
            assert metrics[name]["subset"] == record


def test_a_limit_beyond_the_split_is_no_subset(trained):
    metrics, _ = _evaluate(trained, _dataset(0, 60, 50), 1000)
    assert metrics["nll"]["n"] == 60 and "subset" not in metrics["nll"]
    # With fewer training than test examples, all training examples are used.
    assert metrics["nll_train"]["n"] == 50 and "subset" not in metrics["nll_train"]


def test_the_smoothed_stage_alone_scores_the_same_subset(trained):
    dataset = _dataset(0)
    _, whole = _evaluate_smoothed(trained, dataset, None)
    metrics, part = _evaluate_smoothed(trained, dataset, 30)
    assert "subset" not in metrics["nll"]
    assert metrics[SMOOTHED]["subset"]["size"] == 30
    index = np.sort(subset_indices(2000, 30))
    np.testing.assert_allclose(
        part[SMOOTHED], whole[SMOOTHED][index], rtol=1e-6, atol=1e-6
    )


def test_the_subset_does_not_follow_the_run_seed(trained):
    dataset = _dataset(0, 100, 50)
    config = EvaluationConfig(max_examples=10, num_importance_draws=0)
    indices = [
        model_likelihoods(
            trained,
            dataset,
            config=config,
            seed=seed,
        )[1]["index"]
        for seed in (0, 1)
    ]
    np.testing.assert_array_equal(*indices)
