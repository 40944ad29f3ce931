"""The labels that signatures of class-conditional models take."""

from typing import Any

import tensorflow as tf

from smoothing_tf.models.trained import Trained
from smoothing_tf.seeds import derive_seed, example_seeds, per_example


class ServedLabels:
    """Labels as arguments of signatures; nothing for models without classes.

    Args:
      trained: the trained models.

    Attributes:
      spec: the last part of an `input_signature`.
    """

    def __init__(self, trained: Trained):
        self._num_classes = trained.two_stage.num_classes
        self._classes = trained.classes
        self.spec: list[tf.TensorSpec] = []
        if self._num_classes is not None:
            self.spec = [tf.TensorSpec([None], tf.int32, "label")]

    def complete(
        self, label: tf.Tensor | None, num_samples: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor | None:
        """Draws the class of each negative label from the training frequencies.

        Args:
          label: int32 [num_samples], or None for models without classes.
          num_samples: scalar integer.
          seed: int32 [2].
        """
        if label is None or self._num_classes is None:
            return None
        tf.debugging.assert_equal(
            tf.shape(label)[0], num_samples, "`label` must be [num_samples]"
        )
        log_frequencies = self._classes.log_frequencies(self._num_classes)
        logits = tf.constant(log_frequencies[None], tf.float32)
        drawn = per_example(
            lambda seed: tf.random.stateless_categorical(logits, 1, seed, tf.int32)[0],
            "served label",
            example_seeds(derive_seed(seed, "served labels"), num_samples),
            dtype=tf.int32,
        )
        return tf.where(label < 0, drawn, label)

    def examples(self, num_examples: int) -> dict[str, tf.Tensor]:
        """Makes labels of every kind to check signatures with."""
        if self._num_classes is None:
            return {}
        return {"label": tf.range(num_examples) % self._num_classes}

    def metadata(self) -> dict[str, Any]:
        """Describes the classes for a client; nothing for models without classes."""
        if self._num_classes is None:
            return {}
        names = self._classes.names
        return {
            "num_classes": self._num_classes,
            "class_names": None if names is None else list(names),
        }

    def units(self) -> dict[str, str]:
        """Describes the tensors for a client."""
        if self._num_classes is None:
            return {}
        text = (
            f"int32 [n], the class of each example, 0 to {self._num_classes - 1}; in"
            " `sample`, -1 draws it from the frequencies of the training data"
        )
        return {"label": text}
