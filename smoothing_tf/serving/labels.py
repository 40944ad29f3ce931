"""The labels that signatures of class-conditional models take."""

import numpy as np
import tensorflow as tf

from smoothing_tf.models.trained import Trained
from smoothing_tf.seeds import per_example
from smoothing_tf.serving.request_checks import RequestChecks
from smoothing_tf.serving.row_seeds import row_seeds


class ServedLabels:
    """Labels as arguments of signatures; nothing for models without classes.

    Args:
      trained: the trained models.
      num_classes: number of classes of the models that the signatures use; None if
        they take no labels.

    Attributes:
      spec: the last part of an `input_signature`.
      inner_spec: the same for functions that signatures call, after the checks.
      log_frequencies: log pi of the classes, float32 [num_classes], or None.
    """

    def __init__(self, trained: Trained, num_classes: int | None):
        self._num_classes = num_classes
        self._classes = trained.classes
        self.spec: list[tf.TensorSpec] = []
        self.inner_spec: list[tf.TensorSpec] = []
        self.log_frequencies: np.ndarray | None = None
        if num_classes is not None:
            self.spec = [tf.TensorSpec(None, tf.int32, "label")]
            self.inner_spec = [tf.TensorSpec([None], tf.int32, "label")]
            frequencies = self._classes.log_frequencies(num_classes)
            self.log_frequencies = frequencies.astype(np.float32)

    def check(
        self,
        checks: RequestChecks,
        label: tf.Tensor | None,
        num_rows: tf.Tensor,
        *,
        may_be_unknown: bool = False,
    ) -> tf.Tensor | None:
        """Requires the class of each example.

        Args:
          checks: the checks of the request.
          label: the input, of any shape; None for models without classes.
          num_rows: number of examples.
          may_be_unknown: whether -1 stands for an unknown class.
        """
        if label is None or self._num_classes is None:
            return None
        label = checks.check_rows("label", label, [], num_rows)
        first = -1 if may_be_unknown else 0
        checks.check_values(
            (label >= first) & (label < self._num_classes),
            label,
            f"`label` must be from {first} to {self._num_classes - 1}",
        )
        return label

    def complete(
        self, label: tf.Tensor | None, num_rows: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor | None:
        """Draws the class of each label -1 from the training frequencies.

        Args:
          label: int32 [num_rows], or None for models without classes.
          num_rows: scalar integer.
          seed: int32 [2] or [num_rows, 2].
        """
        if label is None:
            return None
        logits = tf.constant(self.log_frequencies)[None]
        drawn = per_example(
            lambda seed: tf.random.stateless_categorical(logits, 1, seed, tf.int32)[0],
            "served label",
            row_seeds(seed, num_rows, "served labels"),
            dtype=tf.int32,
        )
        return tf.where(label < 0, drawn, label)

    def examples(self, num_examples: int) -> dict[str, tf.Tensor]:
        """Makes labels of every kind to check signatures with."""
        if self._num_classes is None:
            return {}
        return {"label": tf.range(num_examples) % self._num_classes}
