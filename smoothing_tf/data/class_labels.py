"""The feature of a TFDS data set that holds the class of an example."""

from typing import NamedTuple

import tensorflow_datasets as tfds

from smoothing_tf.texts import list_names

_LABEL = "label"


class ClassFeature(NamedTuple):
    """The class labels of a data set.

    Attributes:
      name: name of the feature; None without labels.
      class_names: names of the classes 0, 1, ...; None without labels.
      notes: sentences that a user should see.
    """

    name: str | None = None
    class_names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()


def find_class_feature(info: tfds.core.DatasetInfo) -> ClassFeature:
    """Finds the feature with the class of an example.

    It is the target of the set's `supervised_keys`, or the feature "label", or the only
    `tfds.features.ClassLabel`. If none of them is a ClassLabel, there are no labels.
    """
    labels = {
        name: feature
        for name, feature in info.features.items()
        if isinstance(feature, tfds.features.ClassLabel) and feature.num_classes
    }
    candidates = [_target(info.supervised_keys), _LABEL]
    if len(labels) == 1:
        candidates.extend(labels)
    for name in candidates:
        if name in labels:
            return ClassFeature(name, tuple(labels[name].names))
    if not labels:
        return ClassFeature()
    note = (
        f"{info.name} is read without labels: it has the class labels"
        f" {list_names(sorted(labels))}, no feature {_LABEL!r}, and no supervised_keys"
        " that name one of them."
    )
    return ClassFeature(notes=(note,))


def _target(supervised_keys: tuple | None) -> str | None:
    """Returns the name of the target, unless it is made up of several features."""
    if supervised_keys is None or not isinstance(supervised_keys[1], str):
        return None
    return supervised_keys[1]
