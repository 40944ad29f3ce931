"""The benchmark's batches are comparable: same images, noise of the same scale."""

import numpy as np

from benchmarks.runs import input_pipeline
from smoothing_tf.smoothing import Gaussian

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 4, 4, 1), dtype=np.uint8)


def _batches(pipeline):
    return list(pipeline.take(5).as_numpy_iterator())


def test_both_pipelines_make_batches_of_an_epoch():
    for batches in (
        _batches(input_pipeline._training(IMAGES, Gaussian(0.3), 8)),
        _batches(input_pipeline._evaluation(IMAGES, Gaussian(0.3), 8)),
        _batches(input_pipeline._plain(IMAGES, 8, shuffle=True)),
        _batches(input_pipeline._plain(IMAGES, 8, shuffle=False)),
    ):
        index = np.concatenate([batch["index"] for batch in batches])
        x = np.concatenate([batch["x"] for batch in batches])
        noise = np.concatenate([batch["x_smoothed"] for batch in batches]) - x
        assert sorted(index) == list(range(40))
        np.testing.assert_array_equal(np.rint((x + 1) * 127.5), IMAGES[index])
        assert abs(np.std(noise) - 0.3) < 0.05


def test_rows_compare_the_two(monkeypatch):
    monkeypatch.setattr(input_pipeline, "_NUM_EXAMPLES", 20)
    rows = input_pipeline.run("mnist", 4, "gaussian", num_batches=2, num_runs=1)
    assert [row["batches"] for row in rows] == [
        "training",
        "training, from file",
        "evaluation",
    ]
    for row in rows:
        assert row["plain / ours"] > 0
