"""Checks of the two models of a two-stage model, and of its labels."""

import tensorflow as tf

from smoothing_tf.models.density_model import DensityModel


def check_pair(smoothed: DensityModel, reverse: DensityModel) -> None:
    """Checks that p(x~) and p(x | x~) fit together.

    Raises:
      ValueError: they do not.
    """
    if smoothed.takes_x_smoothed or not reverse.takes_x_smoothed:
        raise ValueError(
            "`reverse` must be conditional on x~ and `smoothed` must not; got"
            f" takes_x_smoothed {smoothed.takes_x_smoothed} and"
            f" {reverse.takes_x_smoothed}."
        )
    if None not in (smoothed.num_classes, reverse.num_classes):
        if smoothed.num_classes != reverse.num_classes:
            raise ValueError(
                "`reverse` must have the classes of `smoothed`,"
                f" {smoothed.num_classes}; got {reverse.num_classes}."
            )
    if smoothed.event_shape != reverse.event_shape:
        raise ValueError(
            "`reverse` must have the event shape of `smoothed`, "
            f"{smoothed.event_shape}; got {reverse.event_shape}."
        )


def check_given(label: tf.Tensor | None, num_classes: int | None) -> None:
    """Checks that labels are given if and only if there are classes.

    Raises:
      ValueError: labels are missing, or no model takes them.
    """
    if (label is None) != (num_classes is None):
        needs = "None" if num_classes is None else "given"
        kind = "unconditional" if num_classes is None else "class-conditional"
        raise ValueError(
            f"`label` must be {needs} for {kind} models; got"
            f" {'None' if label is None else 'labels'}."
        )
