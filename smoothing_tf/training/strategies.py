"""Distribution strategies, by the names that a flag takes."""

import json
import os

import tensorflow as tf

from smoothing_tf.settings import choose


def _automatic() -> tf.distribute.Strategy:
    if os.environ.get("TF_CONFIG"):
        return _multi_worker()
    if len(tf.config.list_logical_devices("GPU")) > 1:
        return _make_mirrored()
    return tf.distribute.get_strategy()


def _make_mirrored() -> tf.distribute.Strategy:
    _check_cluster()
    return tf.distribute.MirroredStrategy()


def _multi_worker() -> tf.distribute.Strategy:
    _check_cluster()
    return tf.distribute.MultiWorkerMirroredStrategy()


def _check_cluster() -> None:
    cluster = os.environ.get("TF_CONFIG", "{}")
    try:
        json.loads(cluster)
    except json.JSONDecodeError:
        raise ValueError(
            "The environment variable TF_CONFIG must be unset or valid JSON, e.g."
            ' {"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker",'
            f' "index": 0}}}}; got {cluster!r}.'
        ) from None


STRATEGIES = {
    "auto": _automatic,
    "one_device": tf.distribute.get_strategy,
    "mirrored": _make_mirrored,
    "multi_worker": _multi_worker,
}


def make_strategy(name: str) -> tf.distribute.Strategy:
    """Makes a strategy for `train_stage`; call it before TensorFlow computes anything.

    Args:
      name: "auto" (multi_worker if TF_CONFIG is set, mirrored if there are several
        GPUs, otherwise one device) or another key of STRATEGIES.

    Raises:
      ValueError: the name is unknown, or TF_CONFIG is not JSON.
    """
    return choose(STRATEGIES, name, "strategy")()


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process is the one among the workers that writes files."""
    resolver = strategy.cluster_resolver
    if resolver is None or resolver.task_type in (None, "chief"):
        return True
    has_chief = "chief" in resolver.cluster_spec().jobs
    return resolver.task_type == "worker" and resolver.task_id == 0 and not has_chief
