"""The parts of a run's configuration check themselves."""

import pytest

from smoothing_tf import config
from smoothing_tf.config.experiment import ModelChoice, RunConfig


def test_the_seed_is_that_of_the_run():
    assert config.parse(["--seed=7"]).seed == 7


def test_a_seed_must_fit_into_32_bits():
    with pytest.raises(ValueError, match="`seed` must be at most 2147483647"):
        RunConfig(seed=2**31)
    with pytest.raises(ValueError, match="`seed` must be at least 0"):
        RunConfig(seed=-1)


def test_an_unknown_model_is_rejected_with_the_choices():
    with pytest.raises(ValueError, match="`model` must be one of made, pixelcnn"):
        ModelChoice("transformer")


def test_a_stage_has_a_precision_of_its_own():
    parsed = config.parse(["--reverse_compute_dtype=bfloat16"])
    assert parsed.stages["reverse"].dtype_policy == "mixed_bfloat16"
    assert parsed.stages["smoothed"].dtype_policy == "float32"
    assert "--reverse_compute_dtype=bfloat16\n" in config.to_flagfile(parsed)
