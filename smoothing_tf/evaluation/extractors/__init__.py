"""Feature extractors for the metrics of samples, by name.

EXTRACTORS maps a name to a function of `ExtractorInputs` that makes an `Extractor`.
"""

from smoothing_tf.evaluation.extractors.classifier import Classifier
from smoothing_tf.evaluation.extractors.extractor import Extractor
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
    "Extractor",
    "ExtractorInputs",
    "Inception",
    "MissingInputError",
    "RandConv",
]
