"""Training on a table of few rows: the best weights are kept, scores are in float64."""

import numpy as np
import pytest

from experiments.tables import runs
from experiments.tables.data import write_table
from tests.testing.eagerly import eagerly

MADE = {"model": "made", "config": {"hidden_units": [4], "num_mixtures": 1}}
TRAINING = {"num_steps": 10, "batch_size": 16, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return str(write_table("wine", tmp_path_factory.mktemp("table")))


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch):
    monkeypatch.setattr(runs, "_INTERVAL", 5)


@pytest.fixture
def _not_compiled():
    with eagerly():
        yield


def _train(directory, table, **changes):
    training = TRAINING | changes
    return runs.train_plain(directory, table=table, model=MADE, training=training,
                            seed=0)  # fmt: skip


@pytest.mark.usefixtures("_not_compiled")
def test_the_weights_with_the_lowest_validation_loss_are_kept(table, tmp_path):
    kept = _train(tmp_path, table)
    assert kept["steps"]["baseline"] in (5, 10)
    with np.load(tmp_path / runs.SCORES_FILE) as arrays:
        nll = arrays["nll"]
    assert nll.shape == (36,) and nll.dtype == np.float64 and np.all(np.isfinite(nll))
    # Twice as long can only find better ones, or keep these.
    longer = _train(tmp_path, table, num_steps=20)
    assert longer["validation"] <= kept["validation"]
    assert (longer["validation"] == kept["validation"]) == (
        longer["steps"] == kept["steps"]
    )


@pytest.mark.usefixtures("_not_compiled")
def test_a_training_that_diverges_at_once_says_so(table, tmp_path):
    with pytest.raises(FloatingPointError, match="'baseline' diverged .* Try a lower"):
        _train(tmp_path, table, num_steps=5, learning_rate=10.0, ema_momentum=0.0)


@pytest.mark.usefixtures("_not_compiled")
def test_the_bounds_of_a_two_stage_model_are_in_order(table, tmp_path):
    result = runs.train_two_stage(
        tmp_path,
        table=table,
        smoothed=MADE,
        reverse=MADE,
        noise_scale=0.5,
        training=TRAINING,
        seed=0,
    )
    with np.load(tmp_path / runs.SCORES_FILE) as arrays:
        bound, weighted = arrays["bound"], arrays["iw"]
    assert bound.shape == weighted.shape == (36,)
    assert np.all(weighted <= bound)
    # The validation loss is the bound on other rows: of the same size.
    assert abs(result["validation"] - bound.mean()) < 5.0
