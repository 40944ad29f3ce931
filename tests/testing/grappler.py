"""Functions without TensorFlow's graph optimizer, which takes longer than tiny ones."""

import tensorflow as tf


def disable_grappler() -> None:
    """Makes this process run the graphs of its functions as they were traced."""
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
