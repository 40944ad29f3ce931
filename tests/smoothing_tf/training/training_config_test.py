import pytest

from smoothing_tf.training import TrainingConfig


def test_defaults_satisfy_the_rules_and_are_the_published_rates():
    config = TrainingConfig()
    assert config.learning_rate == 2e-4
    assert config.learning_rate_decay == 0.999995


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_steps", 0),
        ("batch_size", 0),
        ("micro_batch_size", 0),
        ("learning_rate", 0.0),
        ("learning_rate_decay", 1.5),
        ("adam_beta_2", 1.0),
        ("ema_momentum", 1.0),
        ("clip_norm", 0.0),
        ("steps_per_call", 0),
        ("sample_every", -1),
    ],
)
def test_values_out_of_range_are_rejected_by_name(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        TrainingConfig(**{name: value})


def test_micro_batches_divide_the_batch():
    assert TrainingConfig(batch_size=80, micro_batch_size=80).micro_batch_size == 80
    with pytest.raises(ValueError, match="must divide `batch_size`, 80; got 32. A"):
        TrainingConfig(batch_size=80, micro_batch_size=32)


def test_profiled_steps_are_a_range_within_the_training():
    config = TrainingConfig(num_steps=120, profile_steps="21:120")
    assert config.profiled_steps == range(21, 121)
    assert not TrainingConfig().profiled_steps
    for text in ("5", "0:3", "4:3", "1:101", "1:2:3", "-1:2", "1:x", ""):
        with pytest.raises(ValueError, match="`profile_steps` must be FIRST:LAST"):
            TrainingConfig(profile_steps=text)
    with pytest.raises(ValueError, match="must end at a step .* has 5; got 3:6"):
        TrainingConfig(num_steps=5, profile_steps="3:6")
