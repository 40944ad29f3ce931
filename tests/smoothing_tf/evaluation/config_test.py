import pytest

from smoothing_tf.evaluation.config import EvaluationConfig
from smoothing_tf.evaluation.extractors import EXTRACTORS
from smoothing_tf.settings import rules_of


def test_choices_are_the_extractors():
    (field,) = (
        field
        for field in EvaluationConfig.__dataclass_fields__.values()
        if field.name == "extractors"
    )
    assert set(rules_of(field).choices) == set(EXTRACTORS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"evaluation_batch_size": 0},
        {"num_draws": 0},
        {"num_importance_draws": -1},
        {"split": "all"},
        {"extractors": ("vgg",)},
    ],
)
def test_values_out_of_range_are_rejected(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        EvaluationConfig(**wrong)
