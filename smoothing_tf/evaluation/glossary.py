"""Labels of the numbers of an evaluation, and one sentence on what each of them is."""

from collections.abc import Mapping
from typing import Any

from smoothing_tf.evaluation.directions import ARROWS
from smoothing_tf.evaluation.names import RAW_SUFFIX, REGRESSION_SUFFIX

_RAW_LIKELIHOODS = (
    ("nll", "Two-step model, bound"),
    ("nll_iw", "Two-step model, importance-weighted bound"),
    ("nll_marginal", "Two-step model, bound, without the class"),
    ("nll_baseline", "Baseline, exact"),
    ("nll_baseline_marginal", "Baseline, exact, without the class"),
)
# Name of a likelihood in bits per dimension, that in nats, its label.
LIKELIHOODS = (
    ("bits_per_dim", "nll", "Two-step model, bound"),
    (
        f"bits_per_dim{REGRESSION_SUFFIX}",
        f"nll{REGRESSION_SUFFIX}",
        "Two-step model, bound minus that of the served version",
    ),
    ("bits_per_dim_iw", "nll_iw", "Two-step model, importance-weighted bound"),
    (
        "bits_per_dim_smoothed",
        "nll_smoothed",
        "Smoothed model, −log p(x̃) of noised data: a density, not comparable with p(x)",
    ),
    (
        "bits_per_dim_marginal",
        "nll_marginal",
        "Two-step model, bound, without the class",
    ),
    ("bits_per_dim_baseline", "nll_baseline", "Baseline, exact"),
    (
        "bits_per_dim_baseline_marginal",
        "nll_baseline_marginal",
        "Baseline, exact, without the class",
    ),
    ("bits_per_dim_train", "nll_train", "Two-step model, bound, training data"),
    *(
        (name + RAW_SUFFIX, name + RAW_SUFFIX, f"{label}, in the units of the file")
        for name, label in _RAW_LIKELIHOODS
    ),
)
# Beginning of a metric's name -> its label, in the order of the tables.
QUANTITIES = {
    "fid": "FID",
    "fid_infinity": "FID, extrapolated",
    "fd": "Fréchet distance",
    "fd_infinity": "Fréchet distance, extrapolated",
    "kid_subsets": "Kernel distance (KID), mean of subsets",
    "kid": "Kernel distance (KID)",
    "precision": "Precision",
    "recall": "Recall",
    "inception_score": "Inception score",
    "confidence": "Classifier confidence",
    "nearest_training_distance": "Distance to nearest training image",
}
_EXTRAPOLATED = (
    "The same distance extrapolated to infinitely many images, so that it does not"
    " depend on their number."
)
# A sentence on each quantity and likelihood; a likelihood in raw units has that of its
# own name.
_SENTENCES = {
    "fid": "The Fréchet distance in the features of the Inception network: how far"
    " the mean and the covariance of the samples’ features are from those of real"
    " images.",
    "fid_infinity": _EXTRAPOLATED,
    "fd": "How far the mean and the covariance of the samples’ features are from"
    " those of real images.",
    "fd_infinity": _EXTRAPOLATED,
    "kid_subsets": "The kernel distance as the literature reports it, the mean over"
    " random subsets of the images.",
    "kid": "How far the samples’ features are from those of real images in all their"
    " moments up to the third; it is unbiased, so it may be negative near 0.",
    "precision": "The share of samples that lie among real images: it falls when"
    " samples look wrong.",
    "recall": "The share of real images that lie among samples: it falls when the"
    " samples leave out part of the data.",
    "inception_score": "How sure a classifier is of each sample, and how evenly it"
    " sees all classes; it does not look at real images.",
    "confidence": "The mean probability that the classifier gives to the likeliest"
    " class of an image; blurred samples have less of it than real images.",
    "nearest_training_distance": "The median distance from an image to the training"
    " image that is nearest to it: a model that copies its training data has a small"
    " one.",
    "bits_per_dim": "The average number of bits for one value of an image under the"
    " two-step model, from above: the model is at least this good.",
    "nll": "The average −log p(x) of an example under the two-step model, from"
    " above: the model is at least this good.",
    "regression": "How much worse the bound is than that of the served version, on"
    " the same images and noise.",
    "iw": "The same quantity from K weighted draws of x̃, a tighter bound.",
    "smoothed": "The average −log p(x̃) of noised data under the first of the two"
    " steps.",
    "marginal": "The same quantity without telling the model the class; this one"
    " compares with models without classes.",
    "baseline": "The average −log p(x), exactly, of the same kind of model trained on"
    " data without noise.",
    "baseline_marginal": "That of the baseline without telling it the class.",
    "train": "The same bound on training data; if it is much lower there, the model"
    " overfits.",
    "class_accuracy": "The share of examples whose label is the likeliest class"
    " under p(y | x), by Bayes’ rule.",
}


def find_quantity(name: str) -> str:
    """Finds the quantity of a metric, the longest one that begins its name."""
    return max((q for q in QUANTITIES if name.startswith(q)), key=len)


def glossary(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """Explains the numbers of an evaluation that have a value.

    Args:
      metrics: content of metrics.json.

    Returns:
      {"id", "label", "arrow", "sentence"} of each quantity, in the order of a report;
      the arrow is "" for metrics of older versions, which have no direction.
    """
    found: dict[str, dict[str, str]] = {}

    def add(key: str, label: str, metric: Mapping[str, Any]) -> None:
        arrow = ARROWS.get(metric.get("direction", ""), "")
        found.setdefault(
            key,
            {"id": key, "label": label, "arrow": arrow, "sentence": _SENTENCES[key]},
        )

    for bits_name, nats_name, label in LIKELIHOODS:
        for name in (bits_name, nats_name):
            if name.endswith(RAW_SUFFIX) or not _has_value(metrics.get(name)):
                continue
            add(likelihood_key(name), label, metrics[name])
            break
    for name in ("class_accuracy", "class_accuracy_baseline"):
        if _has_value(metrics.get(name)):
            add("class_accuracy", "Accuracy of the class", metrics[name])
    names = [
        name
        for name, metric in metrics.items()
        if name.startswith(tuple(QUANTITIES)) and _has_value(metric)
    ]
    for quantity in QUANTITIES:
        for name in names:
            if find_quantity(name) == quantity:
                add(quantity, QUANTITIES[quantity], metrics[name])
    return list(found.values())


def likelihood_key(name: str) -> str:
    """Returns the key of a likelihood's sentence, e.g. "iw" of "nll_iw"."""
    name = name.removesuffix(RAW_SUFFIX)
    for prefix in ("bits_per_dim", "nll"):
        if name.startswith(f"{prefix}_"):
            return name.removeprefix(f"{prefix}_")
    return name


def _has_value(metric: Any) -> bool:
    return isinstance(metric, Mapping) and metric.get("value") is not None
