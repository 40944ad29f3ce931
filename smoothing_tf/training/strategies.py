"""Distribution strategies, by the name a command line uses."""

import os

import tensorflow as tf

from smoothing_tf.settings import choose


def _automatic() -> tf.distribute.Strategy:
    if "TF_CONFIG" in os.environ:
        return tf.distribute.MultiWorkerMirroredStrategy()
    if len(tf.config.list_logical_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()


STRATEGIES = {
    "auto": _automatic,
    "one_device": tf.distribute.get_strategy,
    "mirrored": tf.distribute.MirroredStrategy,
    "multi_worker": tf.distribute.MultiWorkerMirroredStrategy,
}


def make_strategy(name: str) -> tf.distribute.Strategy:
    """A strategy for `train_stage`.

    Args:
      name: "auto" (multi_worker where TF_CONFIG is set, mirrored where there are
        several GPUs, else one device) or another key of STRATEGIES.

    Raises:
      ValueError: an unknown name.
    """
    return choose(STRATEGIES, name, "strategy")()


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process is the one of its strategy that writes."""
    resolver = strategy.cluster_resolver
    if resolver is None or resolver.task_type in (None, "chief"):
        return True
    has_chief = "chief" in resolver.cluster_spec().jobs
    return resolver.task_type == "worker" and resolver.task_id == 0 and not has_chief
