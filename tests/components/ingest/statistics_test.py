"""Tests of combining statistics."""

import numpy as np
import pytest

from components.ingest.statistics import StatisticsFn


def _combine(statistics: StatisticsFn, groups: list[list[np.ndarray]]) -> dict:
    accumulators = [statistics.create_accumulator()]
    for group in groups:
        accumulator = statistics.create_accumulator()
        for batch in group:
            accumulator = statistics.add_input(accumulator, batch)
        accumulators.append(accumulator)
    return statistics.extract_output(statistics.merge_accumulators(accumulators))


def test_any_grouping_gives_the_statistics_of_all_values():
    x = np.random.default_rng(0).integers(0, 17, size=(100, 8, 8, 1), dtype=np.uint8)
    for groups in ([[x]], [[x[:1], x[1:40]], [x[40:]]], [[x[:70]], [], [x[70:]]]):
        statistics = _combine(StatisticsFn(17), groups)
        assert statistics["count"] == 100
        assert statistics["mean"] == pytest.approx(x.mean(), rel=1e-12)
        assert statistics["std"] == pytest.approx(x.std(), rel=1e-12)
        assert (statistics["min"], statistics["max"]) == (x.min(), x.max())
        assert statistics["histogram"] == np.bincount(x.ravel()).tolist()


def test_vectors_far_from_zero_lose_no_precision():
    x = np.random.default_rng(0).normal(loc=[1e6, -3.0], size=(500, 2))
    statistics = _combine(StatisticsFn(None), [[x[:10]], [x[10:300], x[300:]]])
    np.testing.assert_allclose(statistics["mean_per_dim"], x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(statistics["std_per_dim"], x.std(0), rtol=1e-9)
    assert statistics["std"] == pytest.approx(x.std(), rel=1e-12)
    assert "histogram" not in statistics
