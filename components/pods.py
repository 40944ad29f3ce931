"""Whether a node runs in a pod of a cluster, and what outlives the pod."""

import os
from collections.abc import Iterable

from components.runner_watch import RUNNER_VARIABLE

# Kubernetes sets it in every container.
_CLUSTER_VARIABLE = "KUBERNETES_SERVICE_HOST"


def is_in_pod() -> bool:
    """Whether this process runs in a pod; a node of a local run in one does not."""
    is_local = bool(os.environ.get(RUNNER_VARIABLE))
    return not is_local and bool(os.environ.get(_CLUSTER_VARIABLE))


def check_on_volume(
    name: str,
    path: str,
    volumes: Iterable[str],
    nodes: str,
    *,
    alternative: str = "",
    harm: str = "would be lost with the pod",
) -> None:
    """Checks that a directory is on a volume, and not on the disk of its pod.

    Args:
      name: name of the setting.
      path: the directory, its value.
      volumes: absolute paths of the volumes that are mounted.
      nodes: what mounts them, with the verb.
      alternative: what else the setting may be, for the message.
      harm: what happens to the directory elsewhere, for the message.

    Raises:
      ValueError: the directory is on no volume.
    """
    volumes = list(volumes)
    if not is_plain(path) or not any(is_below(path, volume) for volume in volumes):
        raise ValueError(
            f"`{name}` must be below the path of a --pvc=NAME:PATH that {nodes}"
            f" ({', '.join(volumes) or 'none'}){alternative}; got {path!r}, which"
            f" {harm}."
        )


def is_plain(path: str) -> bool:
    """Whether an absolute path has no empty or relative parts and is not the root."""
    parts = path.split("/")[1:]
    return path.startswith("/") and all(p not in ("", ".", "..") for p in parts)


def is_below(path: str, directory: str) -> bool:
    """Whether a plain absolute path is a directory or is below it."""
    return path == directory or path.startswith(f"{directory}/")
