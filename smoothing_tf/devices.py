"""Describes the devices that a command computes on."""

import os
import sys
from collections.abc import Mapping

import tensorflow as tf


def announce(
    dtypes: Mapping[str, str] | str = "float32",
    strategy: tf.distribute.Strategy | None = None,
) -> None:
    """Prints the devices on stderr; call it before anything is computed."""
    print(describe(dtypes, strategy), file=sys.stderr, flush=True)


def describe(
    dtypes: Mapping[str, str] | str = "float32",
    strategy: tf.distribute.Strategy | None = None,
) -> str:
    """Describes devices, replicas and dtype, e.g. "Computing on 1 CPU (2 cores), ...".

    It initializes no device, so that a GPU's memory is left to the processes that
    compute.

    Args:
      dtypes: compute dtype of the networks, or stage -> dtype.
      strategy: distribution strategy of the training; None for one device.

    Returns:
      One line.
    """
    replicas = 1 if strategy is None else strategy.num_replicas_in_sync
    workers = _num_workers(strategy)
    where = _devices(max(1, replicas // workers))
    if workers > 1:
        where = f"{workers} workers with {where} each"
    counted = "1 replica" if replicas == 1 else f"{replicas} replicas"
    described = f"Computing on {where}, {counted}, {_dtypes(dtypes)}."
    if isinstance(strategy, tf.distribute.MirroredStrategy) and replicas == 1:
        described += (
            " The strategy `mirrored` found no second device, so it computes as"
            " `one_device` does."
        )
    return described


def _num_workers(strategy: tf.distribute.Strategy | None) -> int:
    resolver = None if strategy is None else strategy.cluster_resolver
    if resolver is None or not resolver.task_type:
        return 1
    jobs = resolver.cluster_spec().as_dict()
    return max(1, sum(len(jobs.get(job, ())) for job in ("chief", "worker")))


def _devices(replicas: int) -> str:
    gpus = tf.config.get_visible_devices("GPU")
    if not gpus:
        cores = len(os.sched_getaffinity(0))
        return f"1 CPU ({cores} core{'s' * (cores > 1)})"
    used = gpus[:replicas]
    details = tf.config.experimental.get_device_details
    names = sorted({details(gpu).get("device_name", "unnamed") for gpu in used})
    count = f"{len(used)} GPU{'s' * (len(used) > 1)}"
    if len(used) < len(gpus):
        count = f"{len(used)} of {len(gpus)} GPUs"
    return f"{count} ({', '.join(names)})"


def _dtypes(dtypes: Mapping[str, str] | str) -> str:
    if isinstance(dtypes, str):
        return dtypes
    if len(set(dtypes.values())) == 1:
        return next(iter(dtypes.values()))
    return " and ".join(f"{dtype} ({stage})" for stage, dtype in dtypes.items())
