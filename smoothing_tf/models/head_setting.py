"""The choice of a likelihood head, and the table of heads."""

from smoothing_tf.plug_ins import PlugIns
from smoothing_tf.settings import setting

# Name in a configuration -> function that makes the head.
HEADS = PlugIns(
    {
        "logistic_mixture": "smoothing_tf.models.heads:continuous_head",
        "discretized_logistic_mixture": "smoothing_tf.models.heads:discretized_head",
        "categorical": "smoothing_tf.models.heads:categorical_head",
    }
)


def head_setting() -> str | None:
    """Makes the field `head` of a model's configuration; None stands for "auto"."""
    return setting(
        None,
        "Likelihood head; 'auto' is discretized for data with levels.",
        choices=tuple(HEADS),
        none_name="auto",
    )
