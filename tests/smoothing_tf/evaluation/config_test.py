import pytest

from smoothing_tf.evaluation.config import EXTRACTOR_NAMES, EvaluationConfig
from smoothing_tf.evaluation.extractors import EXTRACTORS


def test_choices_are_the_extractors():
    assert EXTRACTOR_NAMES == tuple(EXTRACTORS), (
        "A new extractor needs its name in EXTRACTOR_NAMES, too, in"
        " smoothing_tf/evaluation/config.py."
    )
    for name in EXTRACTORS:
        assert EvaluationConfig(extractors=(name,)).extractors == (name,)


@pytest.mark.parametrize(
    "wrong",
    [
        {"evaluation_batch_size": 0},
        {"num_draws": 0},
        {"num_importance_draws": -1},
        {"split": "all"},
        {"extractors": ("vgg",)},
        {"max_bits_per_dim": 0.0},
    ],
)
def test_values_out_of_range_are_rejected(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        EvaluationConfig(**wrong)
