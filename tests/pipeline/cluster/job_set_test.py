"""The manifest of a training on several machines, against the models of its API."""

import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml

from pipeline.cluster.job_set import host_names, make_job_set
from pipeline.cluster.node_needs import NodeNeeds, Toleration

GOLDEN = pathlib.Path(__file__).parents[2] / "testdata" / "job_set.yaml"
NEEDS = NodeNeeds(
    cpu="8",
    memory="32Gi",
    accelerator="nvidia.com/gpu",
    accelerator_count=4,
    node_selector={"pool": "gpu"},
    tolerations=(
        Toleration("nvidia.com/gpu", None, "NoSchedule"),
        Toleration("dedicated", "ml", "NoSchedule"),
    ),
    retries=3,
    claims={"/runs": "runs", "/data": "data"},
    secret_files={"/secrets/cloud": "cloud"},
    secret_variables={"HTTPS_PROXY": ("proxy", "url")},
    image_pull_policy="IfNotPresent",
    image_pull_secrets=("registry",),
    variables={"SMOOTHING_TF_ACCELERATORS": "nvidia.com/gpu=4"},
)
FLAGS = ["--dataset=digits", "--workdir=/runs/digits", "--strategy=multi_worker"]


def make(needs=NEEDS):
    return make_job_set("digits", "a-python-image:1", FLAGS, 2, needs)


def pod_of(manifest):
    (job,) = manifest["spec"]["replicatedJobs"]
    return job["template"]["spec"]["template"]["spec"]


def test_the_manifest_is_the_golden_one():
    assert make() == yaml.safe_load(GOLDEN.read_text()), (
        "The manifest changed. If that is intended, write yaml.safe_dump(make(),"
        f" sort_keys=False) to {GOLDEN.name}."
    )


@pytest.mark.parametrize("manifest", [make(), make(NodeNeeds())])
def test_the_api_knows_every_field(manifest):
    models = pytest.importorskip("kubeflow_trainer_api.models")
    job_set = models.JobsetV1alpha2JobSet.from_dict(manifest)
    # The models drop what they do not know.
    assert job_set.to_dict() == manifest


def test_without_needs_nothing_is_left_empty():
    text = yaml.safe_dump(make(NodeNeeds()))
    assert not re.search(r"(null|\[\]|\{\}|'')$", text, re.MULTILINE)


@pytest.mark.parametrize("index", [0, 1])
def test_a_pod_starts_its_worker_with_the_configuration_of_the_cluster(tmp_path, index):
    (container,) = pod_of(make())["containers"]
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$TF_CONFIG" "$@"\n')
    python.chmod(0o755)
    result = subprocess.run(
        [*container["command"], *container["args"], "--name=two words"],
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "JOB_COMPLETION_INDEX": str(index),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    empty, *check, cluster, module, name = result.stdout.splitlines()[:6]
    assert [empty, *check] == ["", "-m", "components.train.check_accelerators"]
    arguments = [module, name, *result.stdout.splitlines()[6:]]
    assert json.loads(cluster) == {
        "cluster": {
            "worker": ["digits-worker-0-0.digits:2222", "digits-worker-0-1.digits:2222"]
        },
        "task": {"type": "worker", "index": index},
    }
    assert arguments == ["-m", "smoothing_tf.train", *FLAGS, "--name=two words"]


def test_a_pod_without_its_accelerators_does_not_train(tmp_path):
    (container,) = pod_of(make())["containers"]
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$@"\nexit 1\n')
    python.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    command = [*container["command"], *container["args"]]
    result = subprocess.run(command, env={"PATH": path}, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stdout == "-m components.train.check_accelerators\n"


def test_hosts_are_those_that_the_network_of_the_job_set_publishes():
    manifest = make()
    name, spec = manifest["metadata"]["name"], manifest["spec"]
    (job,) = spec["replicatedJobs"]
    pods = job["template"]["spec"]
    # <jobSet.name>-<spec.replicatedJob.name>-<job-index>-<pod-index>.<subdomain>
    assert host_names(name, 2) == [
        f"{name}-{job['name']}-0-{index}.{spec['network']['subdomain']}"
        for index in range(pods["completions"])
    ]
    assert job["replicas"] == 1 and pods["parallelism"] == pods["completions"]
    assert pods["completionMode"] == "Indexed"
