"""The real images that samples are compared with."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from smoothing_tf.data.subsets import DRAWN, subset_indices, subset_record

# Real images beyond this many add little to their statistics.
_MAX_REFERENCE_IMAGES = 50_000


@dataclasses.dataclass(frozen=True)
class RealImages:
    """The real images that samples are compared with.

    Attributes:
      training: uint8 [n, h, w, c], all images of the training split, in any order.
      held_out: uint8 [m, h, w, c], images of the evaluated split in random order; None
        if that is the training split.
      training_split: name of the split of `training`.
      held_out_split: name of the split of `held_out`.
    """

    training: np.ndarray
    held_out: np.ndarray | None
    training_split: str
    held_out_split: str

    @functools.cached_property
    def reference(self) -> np.ndarray:
        """The training images whose statistics samples are compared with.

        They are in the random order of `subset_indices`, so that any consecutive part,
        such as one half, is a random subset whatever the order of storage.
        """
        return self.training[subset_indices(len(self.training), _MAX_REFERENCE_IMAGES)]

    def record_reference(self) -> dict[str, Any]:
        """Describes how the reference and its halves were drawn, for a metric.

        Returns:
          {"reference_subset": {"size", "of", "drawn"}, "floor_sets": text}; the former
          only if the reference is a part of the training images.
        """
        subset = subset_record(len(self.training), len(self.reference))
        return {
            **{f"reference_{key}": value for key, value in subset.items()},
            "floor_sets": f"disjoint parts of the reference, drawn {DRAWN}",
        }

    def compare_held_out(
        self,
        metric: Callable[[np.ndarray], Mapping[str, Any]],
        values: np.ndarray | None,
    ) -> dict[str, Any]:
        """Computes a metric of the held-out images.

        Args:
          metric: function of `values` that returns the metric's fields.
          values: held-out images or values computed from them; None without any.

        Returns:
          The metric's fields and the split, or a null value with a reason.
        """
        if values is not None:
            return {**metric(values), "split": self.held_out_split}
        return {
            "value": None,
            "n": None,
            "split": self.held_out_split,
            "reason": (
                f"The evaluated split {self.held_out_split} is the one that the samples"
                " are compared with; nothing is held out."
            ),
        }
