r"""Writes the manifest of a training on several machines of a Kubernetes cluster.

    python -m pipeline.job_set --flagfile=FILE --num_machines=4 --image=IMAGE \
      --pvc=runs:/runs --workdir=/runs/digits --output=job_set.yaml
    kubectl apply -f job_set.yaml

Each machine is one worker of smoothing_tf.train with --strategy=multi_worker. All of
them mount the claim that holds the working directory. The cluster must have JobSet
(https://jobset.sigs.k8s.io).
"""

import dataclasses
import pathlib
from collections.abc import Sequence

import yaml

from components.pods import check_on_volume
from pipeline.cluster import kubernetes_names as names
from pipeline.cluster.cluster_config import ClusterConfig
from pipeline.cluster.job_set import host_names, make_job_set
from pipeline.cluster.node_needs import NodeNeeds
from pipeline.pipeline_config import DEFAULT_IMAGE
from smoothing_tf import artifacts, command_line
from smoothing_tf import config as config_lib
from smoothing_tf.settings import setting, validate
from smoothing_tf.stage import TWO_STAGES, check_stages
from smoothing_tf.training.replicas import check_replicas

# Kubernetes appends six characters to the name of a pod.
_MAX_HOST_LETTERS = 63 - 6


@dataclasses.dataclass(frozen=True)
class JobSetConfig:
    """Settings of the manifest."""

    workdir: str = setting(
        None,
        "Directory of the run in the pods, below the path of a --pvc that all machines"
        " can mount at the same time (ReadWriteMany).",
        is_path=True,
    )
    output: str = setting(None, "File to write, .yaml.", is_path=True)
    num_machines: int = setting(2, "Number of machines.", minimum=2, maximum=1000)
    name: str = setting("smoothing-train", "Name of the JobSet and of its hosts.")
    image: str = setting(
        DEFAULT_IMAGE,
        "Container image of every pod; it holds Python and these packages.",
    )
    stages: tuple[str, ...] = setting(
        TWO_STAGES, "Stages to train, one after the other.", choices=TWO_STAGES
    )

    def __post_init__(self):
        validate(self)
        check_stages(self.stages)
        if not self.output.endswith((".yaml", ".yml")):
            raise ValueError(f"`output` must end with .yaml; got {self.output!r}.")
        names.check_name("name", "JobSet", self.name, max_length=63)
        host = host_names(self.name, self.num_machines)[-1].partition(".")[0]
        if len(host) > _MAX_HOST_LETTERS:
            raise ValueError(
                f"`name` {self.name!r} makes host names of {len(host)} letters, such as"
                f" {host}; use a shorter one, of at most"
                f" {len(self.name) - len(host) + _MAX_HOST_LETTERS} letters."
            )


def common_needs(cluster: ClusterConfig, options: JobSetConfig) -> NodeNeeds:
    """Finds what each machine needs: that of the training nodes of the pipeline.

    Raises:
      ValueError: the stages need different things, a setting has no effect, or the
        working directory would be lost with its pod.
    """
    needs, *others = [cluster.needs(f"train_{stage}") for stage in options.stages]
    if any(other != needs for other in others):
        raise ValueError(
            f"The stages {', '.join(options.stages)} need different things; the same"
            " machines train them. Give the elements of flags with `train:`, or one of"
            " the --stages."
        )
    if needs.retry_backoff != ClusterConfig().retry_backoff:
        raise ValueError(
            "`retry_backoff` has no effect: a JobSet restarts at once. Drop it."
        )
    if cluster.checkpoint_root is not None:
        raise ValueError(
            "`checkpoint_root` has no effect: a JobSet keeps its checkpoints in"
            " --workdir, where it resumes. Drop it."
        )
    check_on_volume(
        "workdir",
        options.workdir,
        needs.claims,
        "the training nodes mount",
        harm="would be lost with the pod, and which the other machines would not see",
    )
    return needs


def check_batch_sizes(
    config: config_lib.Config, options: JobSetConfig, needs: NodeNeeds
) -> None:
    """Checks that all accelerators of all machines can share the steps of training.

    Raises:
      ValueError: they cannot; the message names the stage.
    """
    replicas = options.num_machines * max(1, needs.accelerator_count)
    for stage in options.stages:
        try:
            check_replicas(config.stages[stage].training, replicas)
        except ValueError as error:
            raise ValueError(
                f"The {replicas} replicas of {stage} on {options.num_machines}"
                f" machines: {error}"
            ) from error


def main(argv: Sequence[str]) -> None:
    """Runs the command line on `argv`, without the program's name."""
    config, options, cluster = config_lib.parse(
        argv, JobSetConfig, ClusterConfig, usage=__doc__
    )
    needs = common_needs(cluster, options)
    check_batch_sizes(config, options, needs)
    flags = [f"--{name}={text}" for name, text in config_lib.to_flags(config).items()]
    flags += [
        f"--workdir={options.workdir}",
        f"--stages={','.join(options.stages)}",
        "--strategy=multi_worker",
    ]
    manifest = make_job_set(
        options.name, options.image, flags, options.num_machines, needs
    )
    artifacts.write_text(options.output, yaml.safe_dump(manifest, sort_keys=False))
    print(f"Written to {pathlib.Path(options.output).resolve()}.")


if __name__ == "__main__":
    command_line.run(main)
