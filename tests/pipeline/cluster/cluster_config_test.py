"""What flags mean for the nodes of a cluster, and which are refused."""

import pytest
from absl import flags

from pipeline import kubeflow_runner
from pipeline.cluster.cluster_config import ClusterConfig
from pipeline.cluster.node_elements import NODES
from pipeline.cluster.node_needs import NodeNeeds, Toleration
from smoothing_tf import config as config_lib
from smoothing_tf.command_line import message_of


def parsed(*arguments):
    (options,) = config_lib.parse_options(arguments, ClusterConfig)
    return options


def test_without_flags_a_node_needs_nothing():
    for node in NODES:
        needs = ClusterConfig().needs(node)
        assert needs == NodeNeeds(retry_backoff=needs.retry_backoff)


def test_resources_of_a_node_win_over_those_of_all():
    cluster = parsed(
        "--node_resources=cpu=2,memory=8Gi,train:cpu=8,train_reverse:cpu=500m,"
        "generate:nvidia.com/gpu=1"
    )
    found = {n: (cluster.needs(n).cpu, cluster.needs(n).memory) for n in NODES}
    assert found["ingest"] == ("2", "8Gi")
    assert found["train_smoothed"] == ("8", "8Gi")
    assert found["train_reverse"] == ("500m", "8Gi")
    generate = cluster.needs("generate")
    assert (generate.accelerator, generate.accelerator_count) == ("nvidia.com/gpu", 1)
    assert cluster.needs("evaluate").accelerator is None


def test_accelerators_of_the_training_reach_its_nodes_alone():
    cluster = parsed(
        "--train_accelerator=nvidia.com/gpu", "--train_accelerator_count=8"
    )
    for node in NODES:
        needs = cluster.needs(node)
        if node.startswith("train_"):
            assert (needs.accelerator, needs.accelerator_count) == ("nvidia.com/gpu", 8)
            assert needs.variables == {"SMOOTHING_TF_ACCELERATORS": "nvidia.com/gpu=8"}
        else:
            assert needs.accelerator is None
            assert bool(needs.variables) == (node == "configure")


def test_accelerators_that_are_given_as_resources_are_trained_on_as_well():
    needs = parsed("--node_resources=train_reverse:a.b/gpu=2").needs("train_reverse")
    assert needs.variables == {"SMOOTHING_TF_ACCELERATORS": "a.b/gpu=2"}


def test_the_root_of_checkpoints_reaches_the_training_nodes_alone():
    cluster = parsed("--checkpoint_root=/ckpt/digits", "--pvc=train:ckpt:/ckpt")
    variables = {node: cluster.needs(node).variables for node in NODES}
    given = {"SMOOTHING_TF_CHECKPOINT_ROOT": "/ckpt/digits"}
    assert variables.pop("train_smoothed") == variables.pop("train_reverse") == given
    assert not any(variables.values())


def test_selectors_tolerations_and_retries_of_single_nodes():
    cluster = parsed(
        "--node_selector=disk=ssd,train:pool=gpu,disk=",
        "--tolerations=spot:NoExecute,train:dedicated=ml:NoSchedule",
        "--retries=1,push:0",
    )
    spot = Toleration("spot", None, "NoExecute")
    train = cluster.needs("train_reverse")
    assert train.node_selector == {"disk": "", "pool": "gpu"}
    assert train.tolerations == (spot, Toleration("dedicated", "ml", "NoSchedule"))
    push = cluster.needs("push")
    assert push.node_selector == {"disk": "ssd"}
    assert push.tolerations == (spot,)
    assert (train.retries, push.retries) == (1, 0)


def test_volumes_and_secrets_of_single_nodes():
    cluster = parsed(
        "--pvc=data:/data,push:models:/models",
        "--secret=proxy:url=HTTPS_PROXY,push:cloud:/secrets/cloud",
    )
    push, ingest = cluster.needs("push"), cluster.needs("ingest")
    assert push.claims == {"/data": "data", "/models": "models"}
    assert ingest.claims == {"/data": "data"}
    assert push.secret_files == {"/secrets/cloud": "cloud"}
    assert not ingest.secret_files
    assert ingest.secret_variables == {"HTTPS_PROXY": ("proxy", "url")}


BAD = [
    ("--node_resources=serve:cpu=8", "'serve'.*it is one of all, train"),
    ("--node_resources=cpu=8x", "cpu=8x; write a number of CPUs"),
    ("--node_resources=cpu=0", "cpu=0; write"),
    ("--node_resources=cpu=0.5m", "cpu=0.5m"),
    ("--node_resources=memory=32GB", "memory=32GB; .*units.*32Gi"),
    ("--node_resources=memory=32", "memory=32; .*units"),
    ("--node_resources=memory=1.5Gi", "memory=1.5Gi; write an integer"),
    ("--node_resources=disk=1Gi", "'disk'; .*nvidia.com/gpu"),
    ("--node_resources=train:8", "'8'; write KEY=VALUE"),
    ("--node_resources=a:b:cpu=1", "write KEY=VALUE or NODE:KEY=VALUE"),
    ("--node_resources=train:cpu=1,cpu=2", "cpu=1 and cpu=2; drop one"),
    ("--node_resources=nvidia.com/gpu=1,amd.com/gpu=1", "one kind of accelerator"),
    ("--node_resources=nvidia.com/gpu=0", "at least 1"),
    ("--node_resources=nvidia.com/gpu=half", "'half'; write an integer"),
    ("--train_accelerator=gpu", "'gpu'; .*has a domain"),
    ("--train_accelerator=nvidia.com/", "'nvidia.com/'; write it as"),
    ("--train_accelerator_count=8", "no effect without `train_accelerator`"),
    ("--train_accelerator_count=0", "at least 1"),
    (
        "--train_accelerator=nvidia.com/gpu --node_resources=nvidia.com/gpu=1",
        "train_smoothed nvidia.com/gpu, and `train_accelerator` .*; drop one",
    ),
    (
        "--train_accelerator=a.b/gpu --train_accelerator_count=7",
        "7 accelerators of train_smoothed: .*; got 50",
    ),
    ("--node_selector=pool", "'pool'; write KEY=VALUE"),
    ("--node_selector=-pool=gpu", "label '-pool'"),
    ("--node_selector=pool=g/p", "the value 'g/p'"),
    ("--tolerations=nvidia.com/gpu", "write KEY=VALUE:EFFECT or NODE:KEY=VALUE:EFFECT"),
    ("--tolerations=gpu:Never", "'Never' of a taint; it is one of NoSchedule"),
    ("--tolerations=serve:gpu:NoSchedule", "the node 'serve'"),
    ("--retries=often", "'often'; write an integer"),
    ("--retries=train:-1", "'-1'; write an integer, at least 0"),
    ("--retries=1,2", "1 and 2 for the same node; give one"),
    ("--retries=train:20", "20 with `retry_backoff` 60 .*more than a week"),
    ("--node_resources=train:a.b/gpu=3", "The 3 accelerators of train_smoothed"),
    ("--retry_backoff=5", "no effect without `retries`"),
    ("--retries=1 --retry_backoff=-1", "at least 0"),
    ("--pvc=models", "'models'; write NAME:PATH or NODE:NAME:PATH"),
    ("--pvc=models:models", "'models'; write an absolute path"),
    ("--pvc=models:/", "a path below /"),
    ("--pvc=models:/a/../b", "a path below / without //"),
    ("--pvc=models:/opt", "/opt, over our code"),
    ("--pvc=models:/gcs", "/gcs, over Kubeflow's own"),
    ("--pvc=My_Models:/models", "claim 'My_Models'; use .* lower-case"),
    ("--pvc=a:/models,push:b:/models", "both a and b at /models"),
    ("--checkpoint_root=/checkpoints", r"train_smoothed mounts \(none\)"),
    (
        "--checkpoint_root=/ckpt/a --pvc=train_smoothed:ckpt:/ckpt,push:ckpt:/ckpt",
        r"train_reverse mounts \(none\); got '/ckpt/a', which would be lost",
    ),
    ("--checkpoint_root=/ckpt2 --pvc=ckpt:/ckpt", "'/ckpt2', which would be lost"),
    ("--checkpoint_root=/ckpt/../a --pvc=ckpt:/ckpt", "which would be lost"),
    ("--checkpoint_root=gs://b/c --pvc=ckpt:/ckpt", "not a URL; got 'gs://b/c'"),
    ("--secret=cloud", "'cloud'; write NAME:PATH"),
    ("--secret=cloud:=TOKEN", "'cloud:=TOKEN'; .* NAME:KEY=VARIABLE"),
    ("--secret=cloud:key", "'cloud:key'; .* NAME:KEY=VARIABLE"),
    ("--secret=cloud:key=", "'cloud:key='; .* NAME:KEY=VARIABLE"),
    ("--secret=cloud:a/b=TOKEN", "the key 'a/b'"),
    ("--secret=cloud:key=1TOKEN", "variable '1TOKEN'"),
    ("--secret=Cloud:key=TOKEN", "secret 'Cloud'"),
    ("--secret=a:k=TOKEN,push:b:k=TOKEN", "two values of the variable TOKEN"),
    ("--pvc=a:/x --secret=b:/x", "b at /x, where `pvc` mounts a"),
    ("--image_pull_policy=Sometimes", "one of Always, IfNotPresent, Never"),
    ("--image_pull_secrets=Registry", "secret 'Registry'"),
    ("--push_dir=/models", r"--pvc=NAME:PATH that the node push mounts \(none\)"),
    ("--push_dir=models --pvc=models:/models", r"\(/models\).*'models'.*lost"),
    ("--push_dir=/models2 --pvc=models:/models", "'/models2'.*lost with the pod"),
    ("--push_dir=/models/../x --pvc=models:/models", "lost with the pod"),
    ("--push_dir=/models/a --pvc=train:models:/models", r"mounts \(none\)"),
    ("--bless_against=/models/a", r"configure and evaluate mount \(none\)"),
    (
        "--bless_against=/models/a --pvc=configure:models:/models,push:models:/models",
        r"evaluate mount \(none\).*'/models/a', which is on the disk of each pod",
    ),
    (
        "--bless_against=/models/a --pvc=configure:a:/models,evaluate:b:/models",
        r"evaluate mount \(none\)",
    ),
    ("--bless_against=gs://bucket", "`bless_against` must be gs://BUCKET/DIR"),
    ("--bless_against=s3://bucket/a", "begins with gs://; got 's3://bucket/a'"),
    ("--max_regression=0.1", "no effect without `bless_against`; give"),
    ("--push_dir=s3://bucket/models", "begins with gs://; got 's3://bucket/models'"),
    ("--push_dir=gs://bucket", "gs://BUCKET/DIR, without a slash"),
    ("--push_dir=gs:///models", "gs://BUCKET/DIR"),
    ("--push_dir=gs://bucket/a/../b", "gs://BUCKET/DIR"),
]


@pytest.mark.parametrize("arguments, message", BAD, ids=[a for a, _ in BAD])
def test_what_no_cluster_could_do_is_one_line_before_compiling(
    arguments, message, tmp_path
):
    output = tmp_path / "pipeline.yaml"
    with pytest.raises((ValueError, flags.Error), match=message) as error:
        kubeflow_runner.main(
            ["--model=made", f"--output={output}", *arguments.split(" ")]
        )
    assert "\n" not in message_of(error.value)
    assert not output.exists()


@pytest.mark.parametrize(
    "push_dir, claims",
    [
        ("/models", "models:/models"),
        ("/models/digits/today", "data:/data,push:models:/models"),
        ("gs://bucket/models/digits", ""),
    ],
)
def test_a_durable_place_is_accepted(push_dir, claims):
    parsed(f"--pvc={claims}").limits.check_push_dir(push_dir)


@pytest.mark.parametrize(
    "bless_against, claims",
    [
        ("/models/digits", "models:/models"),
        ("/models", "configure:models:/models,evaluate:models:/models"),
        ("gs://bucket/models/digits", ""),
        (None, ""),
    ],
)
def test_versions_that_both_nodes_see_are_accepted(bless_against, claims):
    parsed(f"--pvc={claims}").limits.check_bless_against(bless_against)
