"""Limits that a cluster sets to the configuration of a run.

Whoever compiles the pipeline writes it into an environment variable of the node
configure, so that edited run parameters are checked again before anything runs.
"""

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence

from components.pods import check_on_volume, is_in_pod, is_plain
from smoothing_tf.config import Config
from smoothing_tf.training.replicas import check_replicas

LIMITS_VARIABLE = "SMOOTHING_TF_CLUSTER_LIMITS"
_OBJECT_STORE = "gs://"


@dataclasses.dataclass(frozen=True)
class ClusterLimits:
    """Volumes and accelerators of the nodes.

    Attributes:
      push_volumes: absolute paths of the volumes that push mounts.
      accelerators: stage -> number of accelerators that train it; a stage without any
        is missing.
      bless_volumes: absolute paths of the volumes that configure and evaluate mount.
    """

    push_volumes: tuple[str, ...] = ()
    accelerators: Mapping[str, int] = dataclasses.field(default_factory=dict)
    bless_volumes: tuple[str, ...] = ()

    @classmethod
    def of_this_node(cls) -> "ClusterLimits | None":
        """Reads the limits of this node's environment; None if it is in no pod."""
        if not is_in_pod():
            return None
        limits = json.loads(os.environ.get(LIMITS_VARIABLE, "{}"))
        return cls(
            tuple(limits.get("push_volumes", ())),
            limits.get("accelerators", {}),
            tuple(limits.get("bless_volumes", ())),
        )

    def variables(self) -> dict[str, str]:
        """Makes the environment variables of the node; without limits, none."""
        limits = {name: value for name, value in vars(self).items() if value}
        return {LIMITS_VARIABLE: json.dumps(limits)} if limits else {}

    def check_batch_sizes(self, config: Config) -> None:
        """Checks that the accelerators of a node can share the steps of its training.

        Raises:
          ValueError: they cannot; the message names the stage.
        """
        for stage, count in self.accelerators.items():
            try:
                check_replicas(config.stages[stage].training, count)
            except ValueError as error:
                raise ValueError(
                    f"The {count} accelerators of train_{stage}: {error}"
                ) from error

    def check_push_dir(self, push_dir: str) -> None:
        """Checks that a pushed model outlives the pod that pushes it.

        Args:
          push_dir: directory in the container of the node push, or gs://BUCKET/DIR.

        Raises:
          ValueError: it is neither below a volume that push mounts nor in an object
            store.
        """
        _check("push_dir", push_dir, self.push_volumes, "the node push mounts")

    def check_bless_against(self, bless_against: str | None) -> None:
        """Checks that the nodes that look for served versions see them.

        Args:
          bless_against: directory in the containers of configure and evaluate, or
            gs://BUCKET/DIR; None for none.

        Raises:
          ValueError: it is neither below a volume that both mount nor in an object
            store.
        """
        if bless_against is not None:
            _check(
                "bless_against",
                bless_against,
                self.bless_volumes,
                "the nodes configure and evaluate mount",
                harm="is on the disk of each pod",
            )


def _check(
    name: str, directory: str, volumes: Sequence[str], nodes: str, **words: str
) -> None:
    if directory.startswith(_OBJECT_STORE):
        bucket, _, rest = directory.removeprefix(_OBJECT_STORE).partition("/")
        if not bucket or not is_plain(f"/{rest}"):
            raise ValueError(
                f"`{name}` must be gs://BUCKET/DIR, without a slash at the end; got"
                f" {directory!r}."
            )
        return
    check_on_volume(
        name, directory, volumes, nodes, alternative=", or be gs://BUCKET/DIR", **words
    )
