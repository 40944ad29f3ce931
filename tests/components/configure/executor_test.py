"""The node configure: inputs of the other nodes, or one line."""

import json

import pytest

from components.configure import executor, node_inputs
from components.configure.cluster_limits import ClusterLimits
from components.configure.node_settings import NodeSettings
from components.configure.run_parameters import to_parameters
from components.runner_watch import RUNNER_VARIABLE
from smoothing_tf import config as config_lib


@pytest.fixture
def digests(monkeypatch):
    """Leaves out the digests of the code, which take seconds."""
    monkeypatch.setattr(node_inputs, "code_digest", lambda module: module)


@pytest.fixture
def pod(monkeypatch, digests):
    """A pod of a pipeline that was compiled with these limits."""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.delenv(RUNNER_VARIABLE, raising=False)

    def compiled_with(limits):
        for name, value in limits.variables().items():
            monkeypatch.setenv(name, value)

    return compiled_with


def parameters(*flags, **changes):
    flags = ["--model=made", "--push_dir=/models/digits", *flags]
    return to_parameters(*config_lib.parse(flags, NodeSettings)) | changes


def one_line(**given):
    with pytest.raises(SystemExit) as error:
        executor.run(**given)
    assert isinstance(error.value.code, str) and "\n" not in error.value.code
    return error.value.code


def test_the_parameters_reach_the_nodes(digests):
    given = executor.run(**parameters("--reverse_num_steps=7", seed=3))
    assert json.loads(given.augment_settings)["seed"] == 3
    assert "--reverse_num_steps=7" in given.train_reverse_flags
    assert given.push_dir == "/models/digits"
    assert given.ingest_code == "components.ingest.executor"


def test_an_inconsistent_edit_is_one_line(digests):
    assert one_line(**parameters(noise_scale="0")).endswith(
        "`noise_scale` must be above 0.0; got 0.0."
    )
    flags = "--model=made\n--reverse_num_filters=3\n"
    assert "does not apply to --model=made" in one_line(**parameters(flags=flags))


def test_data_that_are_not_there_are_one_line(digests, tmp_path):
    data = ["--dataset=folder", f"--data_dir={tmp_path / 'absent'}"]
    assert "there is no" in one_line(**parameters(*data))


def test_a_defect_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr(executor, "make_node_inputs", lambda *_: [][0])
    with pytest.raises(IndexError):
        executor.run(**parameters())


def test_an_edit_that_does_not_fit_the_cluster_is_one_line(pod):
    pod(ClusterLimits(("/models",), {"smoothed": 8, "reverse": 5}))
    assert "/other'" in one_line(**parameters(push_dir="/other"))
    eight = "--smoothed_batch_size=16"
    assert executor.run(**parameters(eight)).push_dir == "/models/digits"
    assert "8 accelerators of train_smoothed" in one_line(
        **parameters("--smoothed_batch_size=12")
    )
    assert executor.run(**parameters(eight, push_dir="gs://b/x")).push_dir == "gs://b/x"


def test_a_pod_without_volumes_loses_a_pushed_model(pod):
    pod(ClusterLimits())
    assert "which would be lost with the pod" in one_line(**parameters())


def test_a_local_run_in_a_pod_may_push_anywhere(pod, monkeypatch):
    pod(ClusterLimits())
    monkeypatch.setenv(RUNNER_VARIABLE, "1 2")
    assert executor.run(**parameters()).push_dir == "/models/digits"
