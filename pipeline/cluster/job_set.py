"""The manifest of a training on several machines of a cluster.

A JobSet (https://jobset.sigs.k8s.io) gives its pods stable host names, and Kubernetes
numbers them in JOB_COMPLETION_INDEX. TensorFlow's TF_CONFIG is made of both when a pod
starts.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from components.train.accelerators import ACCELERATORS_VARIABLE
from pipeline.cluster.node_needs import NodeNeeds

_WORKER = "worker"
# Any port is free: every pod has an address of its own.
_PORT = 2222
_INDEX = "$JOB_COMPLETION_INDEX"
# "$@" are the arguments of the container.
_TRAIN = 'exec python -m smoothing_tf.train "$@"'
# Training itself takes whatever TensorFlow sees, if need be the CPU.
_CHECK = "python -m components.train.check_accelerators"


def make_job_set(
    name: str,
    image: str,
    flags: Sequence[str],
    num_machines: int,
    needs: NodeNeeds,
) -> dict[str, Any]:
    """Makes the manifest of a JobSet.

    If a pod fails, all are started again, at most `needs.retries` times, and training
    resumes from its last checkpoint.

    Args:
      name: name of the JobSet.
      image: container image that holds Python and our packages.
      flags: arguments of `smoothing_tf.train`.
      num_machines: number of pods, each one worker of the training.
      needs: what each of them needs.

    Returns:
      The manifest, JSON values of the API jobset.x-k8s.io/v1alpha2.
    """
    pods = {
        "completionMode": "Indexed",
        "completions": num_machines,
        "parallelism": num_machines,
        # A worker that is started again alone would not be let in by the others.
        "backoffLimit": 0,
        "template": {"spec": _pod(name, image, flags, num_machines, needs)},
    }
    return {
        "apiVersion": "jobset.x-k8s.io/v1alpha2",
        "kind": "JobSet",
        "metadata": {"name": name},
        "spec": {
            "network": {
                "enableDNSHostnames": True,
                "publishNotReadyAddresses": True,
                "subdomain": name,
            },
            "failurePolicy": {"maxRestarts": needs.retries},
            "replicatedJobs": [
                {"name": _WORKER, "replicas": 1, "template": {"spec": pods}}
            ],
        },
    }


def host_names(name: str, num_machines: int) -> list[str]:
    """Lists the host names of a JobSet's pods, in the order of their indices."""
    return [f"{name}-{_WORKER}-0-{index}.{name}" for index in range(num_machines)]


def _script(name: str, num_machines: int, needs: NodeNeeds) -> str:
    """Makes the shell script of a pod, which ends at the first error."""
    addresses = [f"{host}:{_PORT}" for host in host_names(name, num_machines)]
    cluster = {
        "cluster": {_WORKER: addresses},
        "task": {"type": _WORKER, "index": _INDEX},
    }
    # The index is a number in JSON, which the shell fills in.
    text = json.dumps(cluster).replace(f'"{_INDEX}"', _INDEX)
    variable = 'export TF_CONFIG="{}"'.format(text.replace('"', '\\"'))
    checks = [_CHECK] if ACCELERATORS_VARIABLE in needs.variables else []
    return "".join(f"{line}\n" for line in (*checks, variable, _TRAIN))


def _pod(
    name: str,
    image: str,
    flags: Sequence[str],
    num_machines: int,
    needs: NodeNeeds,
) -> dict[str, Any]:
    mounts = [*needs.claims.items(), *needs.secret_files.items()]
    volumes = [
        *({"persistentVolumeClaim": {"claimName": n}} for n in needs.claims.values()),
        *({"secret": {"secretName": n}} for n in needs.secret_files.values()),
    ]
    variables = needs.variables.items()
    names = [f"volume-{index}" for index in range(len(volumes))]
    container = {
        "name": "train",
        "image": image,
        "imagePullPolicy": needs.image_pull_policy,
        "command": ["sh", "-ec", _script(name, num_machines, needs), "train"],
        "args": list(flags),
        "ports": [{"containerPort": _PORT, "protocol": "TCP"}],
        "env": [
            *({"name": name, "value": value} for name, value in variables),
            *(
                {
                    "name": variable,
                    "valueFrom": {"secretKeyRef": {"name": secret, "key": key}},
                }
                for variable, (secret, key) in needs.secret_variables.items()
            ),
        ],
        "resources": _resources(needs),
        "volumeMounts": [
            {"name": volume, "mountPath": path}
            for volume, (path, _) in zip(names, mounts, strict=True)
        ],
    }
    tolerations = [
        _without_empty(
            {
                "key": each.key,
                "operator": "Exists" if each.value is None else "Equal",
                "value": each.value,
                "effect": each.effect,
            }
        )
        for each in needs.tolerations
    ]
    return _without_empty(
        {
            "restartPolicy": "Never",
            "nodeSelector": dict(needs.node_selector),
            "tolerations": tolerations,
            "imagePullSecrets": [{"name": n} for n in needs.image_pull_secrets],
            "containers": [_without_empty(container)],
            "volumes": [
                {"name": volume, **source}
                for volume, source in zip(names, volumes, strict=True)
            ],
        }
    )


def _resources(needs: NodeNeeds) -> dict[str, dict[str, str]]:
    amounts = {"cpu": needs.cpu, "memory": needs.memory}
    if needs.accelerator:
        amounts[needs.accelerator] = str(needs.accelerator_count)
    given = {name: amount for name, amount in amounts.items() if amount}
    return {"requests": given, "limits": dict(given)} if given else {}


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    """Drops what is not given; the API has its own defaults for it."""
    return {
        name: value for name, value in values.items() if value not in (None, [], {})
    }
