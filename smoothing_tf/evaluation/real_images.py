"""The real images that samples are compared with."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

from smoothing_tf.data.image_view import ImageView
from smoothing_tf.data.subsets import DRAWN, subset_indices, subset_record

# Real images beyond this many add little to their statistics.
_MAX_REFERENCE_IMAGES = 50_000


@dataclasses.dataclass(frozen=True)
class RealImages:
    """The real images that samples are compared with.

    Attributes:
      training: all images of the training split, in any order.
      held_out: all images of the evaluated split, in any order; None if that is the
        training split.
      training_split: name of the split of `training`.
      held_out_split: name of the split of `held_out`.
      max_examples: number of images of each split to use; None for all.
    """

    training: ImageView
    held_out: ImageView | None
    training_split: str
    held_out_split: str
    max_examples: int | None = None

    @functools.cached_property
    def reference(self) -> ImageView:
        """The training images whose statistics samples are compared with.

        They are in the random order of `subset_indices`, so that any consecutive part,
        such as one half, is a random subset whatever the order of storage.
        """
        size = min(_MAX_REFERENCE_IMAGES, self.max_examples or _MAX_REFERENCE_IMAGES)
        return _random_subset(self.training, size)

    @functools.cached_property
    def candidates(self) -> ImageView:
        """The training images that may be nearest neighbors, in any order."""
        if self.max_examples is None:
            return self.training
        return _random_subset(self.training, self.max_examples)

    @functools.cached_property
    def held_out_images(self) -> ImageView | None:
        """The held-out images that are scored as samples are, in random order."""
        # Blocks of them, e.g. in a jackknife, must not coincide with classes.
        if self.held_out is None:
            return None
        return _random_subset(self.held_out, self.max_examples)

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

    def record_candidates(self) -> dict[str, Any]:
        """Describes how the candidates were drawn, "reference_subset" as above."""
        subset = subset_record(len(self.training), len(self.candidates))
        return {f"reference_{key}": value for key, value in subset.items()}

    def compare_held_out(
        self, metric: Callable[[Any], Mapping[str, Any]], values: Any
    ) -> dict[str, Any]:
        """Computes a metric of the held-out images.

        Args:
          metric: function of `values` that returns the metric's fields.
          values: held-out images or values computed from them; None without any.

        Returns:
          The metric's fields, the split and its subset, or a null value with a reason.
        """
        if self.held_out is not None and self.held_out_images is not None:
            subset = subset_record(len(self.held_out), len(self.held_out_images))
            return {**metric(values), "split": self.held_out_split, **subset}
        return {
            "value": None,
            "n": None,
            "split": self.held_out_split,
            "reason": (
                f"The evaluated split {self.held_out_split} is the one that the samples"
                " are compared with; nothing is held out."
            ),
        }


def _random_subset(images: ImageView, size: int | None) -> ImageView:
    return images.select(subset_indices(len(images), size))
