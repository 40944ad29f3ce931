"""Flags of the smallest run of the whole pipeline."""

TINY = [
    "--dataset=digits",
    "--model=made",
    "--hidden_units=8,8",
    "--num_mixtures=1",
    "--num_steps=4",
    "--steps_per_call=2",
    "--validate_every=4",
    "--max_validation_examples=20",
    "--sample_every=0",
    "--checkpoint_every=4",
    "--max_examples=30",
    "--num_importance_draws=0",
    "--num_samples=20",
    "--extractors=",
]
