"""Whether a directory outlives the pod that writes to it."""

import os
import pathlib

from components.runner_watch import RUNNER_VARIABLE
from smoothing_tf import artifacts

# Kubernetes sets it in every container.
_CLUSTER_VARIABLE = "KUBERNETES_SERVICE_HOST"


def check_durable(push_dir: artifacts.Path) -> None:
    """Checks, in a pod of a cluster, that a directory is on a mounted volume.

    The compiler checks the directory that it is given, but the run parameter can be
    edited. A local run, also one in a pod, may push anywhere.

    Raises:
      ValueError: the directory is on the pod's own disk.
    """
    is_local = bool(os.environ.get(RUNNER_VARIABLE))
    if is_local or not os.environ.get(_CLUSTER_VARIABLE):
        return
    path = pathlib.Path(push_dir).absolute()
    while not path.exists():
        path = path.parent
    if _device(path) == _device(pathlib.Path("/")):
        raise ValueError(
            "`push_dir` must be on a volume that the node push mounts, or be gs://; got"
            f" {str(push_dir)!r}, which would be lost with the pod. Compile with"
            " --pvc=NAME:PATH."
        )


def _device(path: pathlib.Path) -> int:
    return path.stat().st_dev
