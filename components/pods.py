"""Whether a node runs in a pod of a cluster."""

import os

from components.runner_watch import RUNNER_VARIABLE

# Kubernetes sets it in every container.
_CLUSTER_VARIABLE = "KUBERNETES_SERVICE_HOST"


def is_in_pod() -> bool:
    """Whether this process runs in a pod; a node of a local run in one does not."""
    is_local = bool(os.environ.get(RUNNER_VARIABLE))
    return not is_local and bool(os.environ.get(_CLUSTER_VARIABLE))
