"""Whether a directory outlives the pod that writes to it."""

import pathlib

from components.pods import is_in_pod
from smoothing_tf import artifacts


def check_durable(push_dir: artifacts.Path) -> None:
    """Checks, in a pod of a cluster, that a directory is on a mounted volume.

    The compiler checks the directory that it is given, but the run parameter can be
    edited. A local run, also one in a pod, may push anywhere.

    Raises:
      ValueError: the directory is on the pod's own disk.
    """
    if not is_in_pod():
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
