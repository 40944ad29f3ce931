"""The trained models of a run, complete or with missing stages."""

import pytest

from smoothing_tf.stage import Stage
from tests.testing.tiny_models import tiny_trained

SHAPE = (2,)


def test_both_stages_make_one_two_stage_model():
    trained = tiny_trained(SHAPE)
    assert trained.has_two_stage
    assert trained.two_stage.smoothed is trained.smoothed
    assert trained.two_stage.reverse is trained.reverse
    # Its compiled functions are kept from one use to the next.
    assert trained.two_stage is trained.two_stage


def test_models_are_those_that_are_trained():
    trained = tiny_trained(SHAPE, ("baseline", "smoothed"))
    assert list(trained.models) == [Stage.SMOOTHED, Stage.BASELINE]


@pytest.mark.parametrize(
    "stages, missing",
    [
        (("smoothed", "baseline"), "stage reverse is"),
        (("reverse",), "stage smoothed is"),
        ((), "stages smoothed and reverse are"),
    ],
)
def test_a_missing_stage_is_named(stages, missing):
    trained = tiny_trained(SHAPE, stages)
    assert not trained.has_two_stage
    with pytest.raises(ValueError, match=f"no two-stage model: {missing} not trained"):
        _ = trained.two_stage
