"""The compiled pipelines of a cluster, against Kubeflow's messages."""

import json
import pathlib

import pytest
import yaml
from google.protobuf import json_format
from kfp import compiler, components
from kfp.kubernetes import kubernetes_executor_config_pb2
from kfp.pipeline_spec import pipeline_spec_pb2

from pipeline.cluster.cluster_config import ClusterConfig
from pipeline.cluster.node_elements import NODES
from pipeline.pipeline import smoothing_pipeline
from smoothing_tf import config as config_lib

TESTDATA = pathlib.Path(__file__).parents[2] / "testdata"
FLAGS = {
    "cluster_cpu": ["--node_resources=cpu=2,memory=8Gi,train:cpu=8,memory=16Gi"],
    "cluster_8_gpus": [
        "--node_resources=cpu=2,memory=8Gi,train:cpu=64,memory=256Gi,"
        "generate:nvidia.com/gpu=1",
        "--train_accelerator=nvidia.com/gpu",
        "--train_accelerator_count=8",
        "--node_selector=train:cloud.google.com/gke-accelerator=nvidia-h100-80gb",
        "--tolerations=train:nvidia.com/gpu:NoSchedule,dedicated=ml:NoSchedule",
        "--retries=1,train:3",
        "--retry_backoff=30",
        "--pvc=data:/data,push:models:/models,train:checkpoints:/checkpoints",
        "--checkpoint_root=/checkpoints/digits",
        "--secret=proxy:url=HTTPS_PROXY,push:cloud:/secrets/cloud",
        "--image_pull_policy=IfNotPresent",
        "--image_pull_secrets=registry",
    ],
}


def write(flags, path):
    """Compiles the pipeline for a cluster with these flags."""
    (cluster,) = config_lib.parse_options(flags, ClusterConfig)
    pipeline = smoothing_pipeline(
        "a-python-image:1", lambda node, task: cluster.needs(node).apply(task)
    )
    compiler.Compiler().compile(pipeline, str(path))


class Compiled:
    """A compiled pipeline, parsed without tolerance for unknown fields."""

    def __init__(self, path):
        pipeline, *platform = yaml.safe_load_all(path.read_text())
        self.documents = [pipeline, *platform]
        self.spec = json_format.ParseDict(pipeline, pipeline_spec_pb2.PipelineSpec())
        self.deployment = json_format.ParseDict(
            json_format.MessageToDict(self.spec.deployment_spec),
            pipeline_spec_pb2.PipelineDeploymentConfig(),
        )
        self.platform = json_format.ParseDict(
            platform[0] if platform else {}, pipeline_spec_pb2.PlatformSpec()
        )
        kubernetes = self.platform.platforms["kubernetes"].deployment_spec.executors
        self.kubernetes = {
            label: json_format.ParseDict(
                json_format.MessageToDict(config),
                kubernetes_executor_config_pb2.KubernetesExecutorConfig(),
            )
            for label, config in kubernetes.items()
        }
        graphs = [self.spec.root.dag, *(c.dag for c in self.spec.components.values())]
        # Node -> its task.
        self.tasks = {
            task.task_info.name: task
            for dag in graphs
            for task in dag.tasks.values()
            # A group of nodes has a graph in place of an executor.
            if self.spec.components[task.component_ref.name].executor_label
        }

    def label(self, node):
        component = self.tasks[node].component_ref.name
        return self.spec.components[component].executor_label

    def container(self, node):
        return self.deployment.executors[self.label(node)].container

    def pod(self, node):
        return self.kubernetes[self.label(node)]


@pytest.fixture(scope="module", params=FLAGS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Name of a golden file -> what is compiled now."""
    directory = tmp_path_factory.mktemp("compiled")
    for name, flags in FLAGS.items():
        write(flags, directory / f"{name}.yaml")
    return {name: directory / f"{name}.yaml" for name in FLAGS}


def test_the_compiled_pipeline_is_the_golden_one(name, paths):
    compiled = Compiled(paths[name]).documents
    golden = Compiled(TESTDATA / f"{name}.yaml").documents
    # The version of the compiler may change.
    golden[0]["sdkVersion"] = compiled[0]["sdkVersion"]
    assert compiled == golden, (
        "The compiled pipeline changed. If that is intended, regenerate it:"
        f" golden_test.write(golden_test.FLAGS[{name!r}], '{name}.yaml')"
    )


def test_kfp_loads_what_it_compiled(name):
    path = TESTDATA / f"{name}.yaml"
    assert components.load_component_from_file(str(path)).name == "smoothing"


def test_every_node_of_the_pipeline_is_known(name):
    assert Compiled(TESTDATA / f"{name}.yaml").tasks.keys() == set(NODES)


def test_a_cluster_without_accelerators_needs_nothing_of_kubernetes():
    compiled = Compiled(TESTDATA / "cluster_cpu.yaml")
    assert len(compiled.documents) == 1
    for node in NODES:
        resources = compiled.container(node).resources
        cpu, memory = ("8", "16Gi") if node.startswith("train_") else ("2", "8Gi")
        assert resources.resource_cpu_limit == resources.resource_cpu_request == cpu
        assert resources.resource_memory_limit == memory
        assert resources.resource_memory_request == memory
        assert not resources.HasField("accelerator")
        assert not compiled.container(node).env
        assert not compiled.tasks[node].HasField("retry_policy")


@pytest.fixture(scope="module")
def gpus():
    return Compiled(TESTDATA / "cluster_8_gpus.yaml")


def test_accelerators_reach_the_nodes_that_were_named(gpus):
    counts = {"train_smoothed": "8", "train_reverse": "8", "generate": "1"}
    for node in NODES:
        accelerator = gpus.container(node).resources.accelerator
        kind = "nvidia.com/gpu" if node in counts else ""
        assert accelerator.resource_type == accelerator.type == kind
        assert accelerator.resource_count == counts.get(node, "")
        variables = {v.name: v.value for v in gpus.container(node).env}
        # Only the training nodes choose their strategy by it, and have checkpoints.
        given = {
            "SMOOTHING_TF_ACCELERATORS": "nvidia.com/gpu=8",
            "SMOOTHING_TF_CHECKPOINT_ROOT": "/checkpoints/digits",
        }
        if node != "configure":
            assert variables == (given if node.startswith("train_") else {})


def test_configure_knows_what_edited_parameters_must_fit(gpus):
    (variable,) = gpus.container("configure").env
    assert variable.name == "SMOOTHING_TF_CLUSTER_LIMITS"
    assert json.loads(variable.value) == {
        "push_volumes": ["/data", "/models"],
        "accelerators": {"smoothed": 8, "reverse": 8},
        "bless_volumes": ["/data"],
    }


def test_failed_nodes_are_tried_again_after_a_pause(gpus):
    for node in NODES:
        policy = gpus.tasks[node].retry_policy
        retries = 3 if node.startswith("train_") else 1
        assert policy.max_retry_count == retries
        assert policy.backoff_duration.seconds == 30
        assert policy.backoff_factor == 2.0
        # Argo would end an attempt that is running then.
        assert policy.backoff_max_duration.seconds >= 30 * 24 * 3600


def test_volumes_and_secrets_reach_the_nodes_that_were_named(gpus):
    for node in NODES:
        pod = gpus.pod(node)
        claims = {mount.constant: mount.mount_path for mount in pod.pvc_mount}
        secrets = {s.secret_name: s.mount_path for s in pod.secret_as_volume}
        at_push = node == "push"
        own = {"models": "/models"} if at_push else {}
        if node.startswith("train_"):
            own = {"checkpoints": "/checkpoints"}
        assert claims == {"data": "/data", **own}
        assert secrets == ({"cloud": "/secrets/cloud"} if at_push else {})
        (variable,) = pod.secret_as_env
        (key,) = variable.key_to_env
        assert variable.secret_name == "proxy"
        assert (key.secret_key, key.env_var) == ("url", "HTTPS_PROXY")


def test_training_runs_on_the_machines_that_were_named(gpus):
    for node in NODES:
        pod = gpus.pod(node)
        taints = {(t.key, t.operator, t.value, t.effect) for t in pod.tolerations}
        if node.startswith("train_"):
            assert dict(pod.node_selector.labels) == {
                "cloud.google.com/gke-accelerator": "nvidia-h100-80gb"
            }
            assert taints == {
                ("nvidia.com/gpu", "Exists", "", "NoSchedule"),
                ("dedicated", "Equal", "ml", "NoSchedule"),
            }
        else:
            assert not pod.node_selector.labels and not taints


def test_the_image_is_pulled_as_the_flags_say(gpus):
    for node in NODES:
        pod = gpus.pod(node)
        assert pod.image_pull_policy == "IfNotPresent"
        assert [s.secret_name for s in pod.image_pull_secret] == ["registry"]


def test_an_unknown_field_would_not_be_parsed(tmp_path):
    text = (TESTDATA / "cluster_8_gpus.yaml").read_text()
    for field in ("mountPath", "resourceMemoryLimit", "maxRetryCount"):
        path = tmp_path / f"{field}.yaml"
        path.write_text(text.replace(f"{field}:", f"{field}s:"))
        with pytest.raises(json_format.ParseError, match=f"{field}s"):
            Compiled(path)
