"""Requirements of one node on a cluster, as its pod's specification."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from kfp import dsl

# Kubeflow's engine, Argo, counts this from the start of the first attempt, and ends an
# attempt that is running then. kfp's default, an hour, would end any long training.
_MAX_SECONDS_WITH_RETRIES = 365 * 24 * 3600


@dataclasses.dataclass(frozen=True)
class Toleration:
    """A taint that the node's pod tolerates.

    Attributes:
      key: key of the taint.
      value: value of the taint; None for any.
      effect: NoSchedule, PreferNoSchedule or NoExecute.
    """

    key: str
    value: str | None
    effect: str


@dataclasses.dataclass(frozen=True)
class NodeNeeds:
    """Requirements of one node. Empty ones leave the pod's specification as it is.

    Attributes:
      cpu: number of CPUs, requested and at most, e.g. 8 or 500m.
      memory: memory, requested and at most, e.g. 32Gi.
      accelerator: name of an extended resource, e.g. nvidia.com/gpu.
      accelerator_count: number of these accelerators.
      node_selector: labels of the machines that the node may run on.
      tolerations: taints of machines that the node tolerates.
      retries: how often a failed node is started again.
      retry_backoff: seconds before the first retry.
      claims: absolute path in the container -> name of a PersistentVolumeClaim.
      secret_files: absolute path in the container -> name of a secret.
      secret_variables: environment variable -> (name of a secret, key in it).
      image_pull_policy: Always, IfNotPresent or Never.
      image_pull_secrets: names of secrets of the image's registry.
      variables: environment variable -> value.
    """

    cpu: str | None = None
    memory: str | None = None
    accelerator: str | None = None
    accelerator_count: int = 0
    node_selector: Mapping[str, str] = dataclasses.field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
    retries: int = 0
    retry_backoff: int = 0
    claims: Mapping[str, str] = dataclasses.field(default_factory=dict)
    secret_files: Mapping[str, str] = dataclasses.field(default_factory=dict)
    secret_variables: Mapping[str, tuple[str, str]] = dataclasses.field(
        default_factory=dict
    )
    image_pull_policy: str | None = None
    image_pull_secrets: tuple[str, ...] = ()
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def apply(self, task: dsl.PipelineTask) -> None:
        """Writes the requirements into a task of the pipeline.

        Raises:
          ValueError: kfp-kubernetes is needed and not installed.
        """
        if self.cpu:
            task.set_cpu_request(self.cpu).set_cpu_limit(self.cpu)
        if self.memory:
            task.set_memory_request(self.memory).set_memory_limit(self.memory)
        if self.accelerator:
            task.set_accelerator_type(self.accelerator)
            task.set_accelerator_limit(self.accelerator_count)
        if self.retries:
            task.set_retry(
                self.retries,
                backoff_duration=f"{self.retry_backoff}s",
                backoff_factor=2.0,
                backoff_max_duration=f"{_MAX_SECONDS_WITH_RETRIES}s",
            )
        for name, value in self.variables.items():
            task.set_env_variable(name, value)
        if self._needs_kubernetes():
            self._apply_kubernetes(task, _kfp_kubernetes())

    def _needs_kubernetes(self) -> bool:
        """Whether a part of the specification is there that kfp itself cannot hold."""
        return any(
            (
                self.node_selector,
                self.tolerations,
                self.claims,
                self.secret_files,
                self.secret_variables,
                self.image_pull_policy,
                self.image_pull_secrets,
            )
        )

    def _apply_kubernetes(self, task: dsl.PipelineTask, kubernetes: Any) -> None:
        for key, value in self.node_selector.items():
            kubernetes.add_node_selector(task, key, value)
        for toleration in self.tolerations:
            kubernetes.add_toleration(
                task,
                key=toleration.key,
                operator="Exists" if toleration.value is None else "Equal",
                value=toleration.value,
                effect=toleration.effect,
            )
        for path, name in self.claims.items():
            kubernetes.mount_pvc(task, name, path)
        for path, name in self.secret_files.items():
            kubernetes.use_secret_as_volume(task, name, path)
        for variable, (name, key) in self.secret_variables.items():
            kubernetes.use_secret_as_env(task, name, {key: variable})
        if self.image_pull_policy:
            kubernetes.set_image_pull_policy(task, self.image_pull_policy)
        if self.image_pull_secrets:
            kubernetes.set_image_pull_secrets(task, list(self.image_pull_secrets))


def _kfp_kubernetes() -> Any:
    # Most uses of the pipeline need no cluster.
    try:
        from kfp import kubernetes
    except ImportError as error:
        raise ValueError(
            "Node selectors, tolerations, volumes, secrets and the pull settings of the"
            f" image need the package kfp-kubernetes ({error}). Install the extra: pip"
            " install '.[cluster]'."
        ) from error
    return kubernetes
