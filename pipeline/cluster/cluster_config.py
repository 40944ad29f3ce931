"""Settings of the nodes on a Kubernetes cluster."""

import dataclasses

from components.configure.cluster_limits import ClusterLimits
from components.pods import check_on_volume
from components.train.accelerators import ACCELERATORS_VARIABLE
from components.train.checkpoint_root import CHECKPOINT_ROOT_VARIABLE
from pipeline.cluster import kubernetes_names as names
from pipeline.cluster import node_flags
from pipeline.cluster.node_elements import NODES
from pipeline.cluster.node_needs import NodeNeeds
from smoothing_tf.settings import setting, validate
from smoothing_tf.stage import TWO_STAGES

_PER_NODE = " NODE: as in --node_resources."
_RETRY_BACKOFF = 60
_MAX_WAIT_SECONDS = 7 * 24 * 3600


@dataclasses.dataclass(frozen=True)
class ClusterConfig:
    """Requirements of the nodes on a cluster, all part of the compiled pipeline."""

    node_resources: tuple[str, ...] = setting(
        (),
        "CPUs, memory and accelerators, requested and at most, e.g."
        " cpu=2,memory=8Gi,train:cpu=8,generate:nvidia.com/gpu=1. NODE: before an"
        " element limits it and those after it to one node, or with `train` to both"
        " training nodes.",
    )
    train_accelerator: str | None = setting(
        None,
        "Kind of accelerator of each training node, a resource of the cluster, e.g."
        " nvidia.com/gpu.",
    )
    train_accelerator_count: int = setting(
        1,
        "Number of accelerators of each training node. A node trains on all of them,"
        " and fails if TensorFlow does not see that many.",
        minimum=1,
    )
    node_selector: tuple[str, ...] = setting(
        (),
        "Labels of the machines to run on, KEY=VALUE, e.g. train:pool=gpu." + _PER_NODE,
    )
    tolerations: tuple[str, ...] = setting(
        (),
        "Taints to tolerate, KEY=VALUE:EFFECT or KEY:EFFECT, e.g."
        " train:nvidia.com/gpu:NoSchedule." + _PER_NODE,
    )
    retries: tuple[str, ...] = setting(
        (),
        "How often a failed node is started again, e.g. 1,train:5." + _PER_NODE,
    )
    retry_backoff: int = setting(
        _RETRY_BACKOFF,
        "Seconds before the first retry; they double with every retry.",
        minimum=0,
    )
    pvc: tuple[str, ...] = setting(
        (),
        "Persistent volume claims to mount, NAME:PATH, e.g. models:/models. Limit a"
        " claim that only one machine can mount at a time to one node." + _PER_NODE,
    )
    checkpoint_root: str | None = setting(
        None,
        "Directory below the path of a --pvc that both training nodes mount. A training"
        " node that is tried again or started by another run resumes from its"
        " checkpoints there.",
        is_path=True,
    )
    secret: tuple[str, ...] = setting(
        (),
        "Secrets to mount, NAME:PATH, or to give as an environment variable,"
        " NAME:KEY=VARIABLE." + _PER_NODE,
    )
    image_pull_policy: str | None = setting(
        None,
        "When the image is pulled; by default the cluster decides.",
        choices=("Always", "IfNotPresent", "Never"),
    )
    image_pull_secrets: tuple[str, ...] = setting(
        (), "Names of the secrets with which the image is pulled."
    )

    def __post_init__(self):
        validate(self)
        if self.train_accelerator is not None:
            names.check_accelerator("train_accelerator", self.train_accelerator)
        elif self.train_accelerator_count != 1:
            raise ValueError(
                "`train_accelerator_count` has no effect without `train_accelerator`;"
                " give the kind as well, e.g. --train_accelerator=nvidia.com/gpu."
            )
        for name in self.image_pull_secrets:
            names.check_name("image_pull_secrets", "secret", name)
        every = [self.needs(node) for node in NODES]
        if self.checkpoint_root is not None:
            self._check_checkpoint_root(self.checkpoint_root)
        is_retried = any(needs.retries for needs in every)
        if self.retry_backoff != _RETRY_BACKOFF and not is_retried:
            raise ValueError(
                "`retry_backoff` has no effect without `retries`; give, e.g.,"
                " --retries=3 as well."
            )
        for retries in {needs.retries for needs in every if needs.retries}:
            if self.retry_backoff * 2 ** (retries - 1) > _MAX_WAIT_SECONDS:
                raise ValueError(
                    f"`retries` {retries} with `retry_backoff` {self.retry_backoff} has"
                    " a pause of more than a week before the last retry; lower one of"
                    " them."
                )

    def needs(self, node: str) -> NodeNeeds:
        """Collects what one node needs.

        Args:
          node: a name of NODES.

        Raises:
          ValueError: an element of a flag has a wrong form, or contradicts another one.
        """
        resources = node_flags.resources(self.node_resources, node)
        accelerator, count = resources.accelerator, resources.count
        variables: dict[str, str] = {}
        if self.train_accelerator is not None and node.startswith("train_"):
            if accelerator is not None:
                raise ValueError(
                    f"`node_resources` gives {node} {accelerator}, and"
                    f" `train_accelerator` {self.train_accelerator}; drop one of them."
                )
            accelerator, count = self.train_accelerator, self.train_accelerator_count
        if accelerator is not None and node.startswith("train_"):
            variables[ACCELERATORS_VARIABLE] = f"{accelerator}={count}"
        if self.checkpoint_root is not None and node.startswith("train_"):
            variables[CHECKPOINT_ROOT_VARIABLE] = self.checkpoint_root
        if node == "configure":
            variables |= self.limits.variables()
        claims = node_flags.claims(self.pvc, node)
        secret_files, secret_variables = node_flags.secrets(self.secret, node)
        for path in claims.keys() & secret_files.keys():
            raise ValueError(
                f"`secret` mounts {secret_files[path]} at {path}, where `pvc` mounts"
                f" {claims[path]}; choose another path for one of them."
            )
        return NodeNeeds(
            cpu=resources.cpu,
            memory=resources.memory,
            accelerator=accelerator,
            accelerator_count=count,
            node_selector=node_flags.node_selector(self.node_selector, node),
            tolerations=node_flags.tolerations(self.tolerations, node),
            retries=node_flags.retries(self.retries, node),
            retry_backoff=self.retry_backoff,
            claims=claims,
            secret_files=secret_files,
            secret_variables=secret_variables,
            image_pull_policy=self.image_pull_policy,
            image_pull_secrets=self.image_pull_secrets,
            variables=variables,
        )

    @property
    def limits(self) -> ClusterLimits:
        """The limits that these needs set to the configuration of a run."""
        needs = {stage: self.needs(f"train_{stage}") for stage in TWO_STAGES}
        looking, comparing = (
            node_flags.claims(self.pvc, node) for node in ("configure", "evaluate")
        )
        return ClusterLimits(
            tuple(self.needs("push").claims),
            {
                str(stage): node.accelerator_count
                for stage, node in needs.items()
                if node.accelerator is not None
            },
            # The same claim at the same path.
            tuple(path for path in looking if looking[path] == comparing.get(path)),
        )

    def _check_checkpoint_root(self, checkpoint_root: str) -> None:
        for stage in TWO_STAGES:
            check_on_volume(
                "checkpoint_root",
                checkpoint_root,
                self.needs(f"train_{stage}").claims,
                f"the node train_{stage} mounts",
            )
