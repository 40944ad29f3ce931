"""Names of stages to train are checked."""

import pytest

from smoothing_tf.stage import TWO_STAGES, Stage, check_stages


@pytest.mark.parametrize("stages", [TWO_STAGES, ["baseline"], tuple(Stage)])
def test_stages_and_their_names_are_accepted(stages):
    check_stages(stages)


@pytest.mark.parametrize(
    "stages, error, message",
    [
        ("smoothed", TypeError, "must be a sequence of names; got 'smoothed'"),
        (("smooth",), ValueError, "must be one of baseline, reverse, smoothed; got"),
        ((), ValueError, "one stage or more, each once; got none"),
        (("reverse", Stage.REVERSE), ValueError, "each once; got reverse, reverse"),
    ],
)
def test_wrong_stages_are_rejected(stages, error, message):
    with pytest.raises(error, match=message):
        check_stages(stages)
