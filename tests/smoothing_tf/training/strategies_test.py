import types

import pytest
import tensorflow as tf

from smoothing_tf.training import strategies
from smoothing_tf.training.strategy_names import STRATEGY_NAMES

HOSTS = ["localhost:1", "localhost:2"]


def strategy_of(cluster, task_type, task_id):
    """Makes what `is_chief` reads from a strategy, without starting a cluster."""
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec(cluster), task_type=task_type, task_id=task_id
    )
    return types.SimpleNamespace(cluster_resolver=resolver)


def test_choices_are_those_of_the_command_line():
    assert tuple(strategies.STRATEGIES) == STRATEGY_NAMES


@pytest.mark.parametrize("name", ["auto", "one_device"])
@pytest.mark.parametrize("cluster", [None, ""])
def test_without_cluster_and_gpus_the_current_strategy_does(monkeypatch, name, cluster):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if cluster is not None:
        monkeypatch.setenv("TF_CONFIG", cluster)
    assert strategies.make_strategy(name) is tf.distribute.get_strategy()


def test_several_gpus_are_mirrored(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [kind] * 2)
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda: "mirrored")
    assert strategies.make_strategy("auto") == "mirrored"


@pytest.mark.parametrize("name", ["auto", "multi_worker"])
def test_a_cluster_makes_a_strategy_of_several_workers(monkeypatch, name):
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"worker": ["localhost:1"]}}')
    monkeypatch.setattr(tf.distribute, "MultiWorkerMirroredStrategy", lambda: "workers")
    assert strategies.make_strategy(name) == "workers"


@pytest.mark.parametrize(
    ("name", "cluster"),
    [
        ("auto", "localhost:1"),
        ("multi_worker", "localhost:1"),
        ("mirrored", "localhost:1"),
        ("mirrored", ""),
    ],
)
def test_a_cluster_that_is_not_json_is_rejected(monkeypatch, name, cluster):
    monkeypatch.setenv("TF_CONFIG", cluster)
    with pytest.raises(ValueError, match=f"TF_CONFIG must .* got '{cluster}'") as error:
        strategies.make_strategy(name)
    assert '"index": 0}}; got' in str(error.value)


def test_an_unknown_name_is_rejected_with_the_choices():
    with pytest.raises(ValueError, match="`strategy` must be one of auto, mirrored"):
        strategies.make_strategy("tpu")


@pytest.mark.parametrize(
    ("cluster", "task_type", "task_id", "writes"),
    [
        ({"worker": HOSTS}, "worker", 0, True),
        ({"worker": HOSTS}, "worker", 1, False),
        ({"chief": HOSTS[:1], "worker": HOSTS[1:]}, "chief", 0, True),
        ({"chief": HOSTS[:1], "worker": HOSTS[1:]}, "worker", 0, False),
        ({}, None, None, True),
    ],
)
def test_one_worker_of_all_writes(cluster, task_type, task_id, writes):
    assert strategies.is_chief(strategy_of(cluster, task_type, task_id)) == writes


def test_the_process_of_a_strategy_without_workers_writes():
    assert strategies.is_chief(tf.distribute.get_strategy())
