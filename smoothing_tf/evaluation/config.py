"""Settings of an evaluation."""

import dataclasses

from smoothing_tf.settings import setting, validate

# The keys of `smoothing_tf.evaluation.extractors.EXTRACTORS`. They are not imported,
# so that code that only reads flags, e.g. a node that trains, does not depend on the
# code of the extractors.
EXTRACTOR_NAMES = ("randconv", "classifier", "inception")


@dataclasses.dataclass(frozen=True)
class EvaluationConfig:
    """Settings of an evaluation: its metrics, and the amount of data."""

    evaluation_batch_size: int = setting(
        100, "Examples per batch when scoring.", minimum=1
    )
    num_draws: int = setting(
        1, "Independent draws of x~ per example, averaged in the bound.", minimum=1
    )
    num_importance_draws: int = setting(
        16,
        "K, draws of x~ per example in the importance-weighted bound; 0 omits it.",
        minimum=0,
    )
    split: str = setting(
        "test", "Split that is scored.", choices=("train", "validation", "test")
    )
    max_examples: int | None = setting(
        None,
        "Number of examples of the split to score, and of training examples to compare"
        " them and the samples with: random subsets, the same for every --seed and"
        " contained in every larger one; 'all' uses every example.",
        minimum=1,
        none_name="all",
    )
    num_samples: int = setting(
        1000,
        "Number of samples to draw and compare with real data; 0 omits them.",
        minimum=0,
    )
    extractors: tuple[str, ...] = setting(
        ("randconv", "classifier"),
        "Feature extractors for the metrics of samples.",
        choices=EXTRACTOR_NAMES,
    )
    inception_dir: str | None = setting(
        None,
        "Directory of a SavedModel of the 2015-12-05 Inception graph, for the extractor"
        " 'inception': signature serving_default, [n, 299, 299, 3] float32 -> pool_3,"
        " logits.",
        none_name="",
        is_path=True,
    )
    max_bits_per_dim: float | None = setting(
        None,
        "Largest bound, in bits per dimension, of a model that is pushed; 'none' pushes"
        " every model whose bound is finite.",
        exclusive_minimum=0.0,
    )

    def __post_init__(self):
        validate(self)
