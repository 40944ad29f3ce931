"""Feature extractors for the metrics of samples, by name.

An extractor has an `id` (part of the metrics' names), a `sha256` of what it
computes with, `features(images_uint8) -> float32 [n, d]` and
`features_and_logits(images_uint8)`, whose logits are None when it classifies
nothing. EXTRACTORS maps a name to a function of `ExtractorInputs`.
"""

from smoothing_tf.evaluation.extractors.classifier import Classifier
from smoothing_tf.evaluation.extractors.images import ExtractorInputs, MissingInputError
from smoothing_tf.evaluation.extractors.inception import Inception
from smoothing_tf.evaluation.extractors.randconv import RandConv

EXTRACTORS = {
    "randconv": RandConv.build,
    "classifier": Classifier.build,
    "inception": Inception.build,
}

__all__ = [
    "EXTRACTORS",
    "Classifier",
    "ExtractorInputs",
    "Inception",
    "MissingInputError",
    "RandConv",
]
