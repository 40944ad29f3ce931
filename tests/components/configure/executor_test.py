"""The node configure: inputs of the other nodes, or one line."""

import json

import pytest

from components.configure import executor, node_inputs
from components.configure.cluster_limits import ClusterLimits
from components.configure.node_settings import NodeSettings
from components.configure.run_parameters import to_parameters
from components.predecessor import Predecessor
from components.runner_watch import RUNNER_VARIABLE
from smoothing_tf import artifacts
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


def test_an_edit_of_the_versions_to_compare_with_must_fit_the_cluster(pod, tmp_path):
    pod(ClusterLimits(("/models",), {}, (str(tmp_path),)))
    (tmp_path / "a").mkdir()
    seen = f"--bless_against={tmp_path / 'a'}"
    assert executor.run(**parameters(seen)).predecessor
    assert "configure and evaluate mount" in one_line(
        **parameters("--bless_against=/models/a")
    )


def test_a_pod_without_volumes_loses_a_pushed_model(pod):
    pod(ClusterLimits())
    assert "which would be lost with the pod" in one_line(**parameters())


def test_a_local_run_in_a_pod_may_push_anywhere(pod, monkeypatch):
    pod(ClusterLimits())
    monkeypatch.setenv(RUNNER_VARIABLE, "1 2")
    assert executor.run(**parameters()).push_dir == "/models/digits"


def test_nothing_is_compared_by_default(digests):
    assert executor.run(**parameters()).predecessor == ""


def test_the_version_and_its_digest_are_inputs_of_evaluate(digests, tmp_path):
    flags = [f"--bless_against={tmp_path}", "--max_regression=0.01"]
    given = executor.run(**parameters(*flags))
    none = Predecessor.from_text(given.predecessor)
    assert none == Predecessor(str(tmp_path), 0.01)
    add_version(tmp_path, "1")
    first = Predecessor.from_text(executor.run(**parameters(*flags)).predecessor)
    assert first.version == str(tmp_path / "1") and len(first.digest) == 64
    (tmp_path / "1" / "saved_model.pb").write_bytes(b"another")
    changed = Predecessor.from_text(executor.run(**parameters(*flags)).predecessor)
    assert changed.version == first.version and changed.digest != first.digest
    # After a push of its own model the inputs are the same, and the cache is valid.
    add_version(tmp_path, "2", given.made_from)
    again = executor.run(**parameters(*flags))
    assert Predecessor.from_text(again.predecessor) == changed
    assert again.made_from == given.made_from
    # To another configuration that model is the newest one.
    other = executor.run(**parameters(*flags, "--reverse_num_steps=7"))
    assert Predecessor.from_text(other.predecessor).version == str(tmp_path / "2")


def test_only_the_directory_of_the_first_push_may_be_missing(digests, tmp_path):
    absent = tmp_path / "modles"
    assert f"`bless_against` {absent} does not exist" in one_line(
        **parameters(f"--bless_against={absent}")
    )
    below = f"--bless_against={absent / 'digits'}"
    assert "does not exist" in one_line(**parameters(below, push_dir=str(absent)))
    (tmp_path / "link").symlink_to(absent)
    for push_dir in (absent, f"{absent}/", tmp_path / "link"):
        given = executor.run(
            **parameters(f"--bless_against={absent}", push_dir=str(push_dir))
        )
        found = Predecessor.from_text(given.predecessor)
        assert found == Predecessor(str(absent), 0.0)


def test_what_does_not_change_the_model_does_not_change_its_origin(digests):
    origin = executor.run(**parameters()).made_from
    for flag in (
        "--num_samples=9",
        "--max_bits_per_dim=3",
        "--beam_options=--a=1",
        "--max_rejected_fraction=0.1",
        "--max_duplicate_fraction=0.1",
    ):
        assert executor.run(**parameters(flag)).made_from == origin
    for flag in ("--smoothed_num_steps=7", "--noise_scale=0.7", "--seed=1"):
        assert executor.run(**parameters(flag)).made_from != origin


def test_a_damaged_version_is_one_line_before_anything_runs(digests, tmp_path):
    add_version(tmp_path, "3")
    (tmp_path / "3" / "saved_model.pb").unlink()
    flag = f"--bless_against={tmp_path}"
    assert "/3 has no saved_model.pb" in one_line(**parameters(flag))


def add_version(directory, name, made_from="another"):
    facts = {"made_from": made_from, "signatures": ["bound"]}
    artifacts.write_json(directory / name / "assets.extra" / "smoothing.json", facts)
    (directory / name / "saved_model.pb").write_bytes(b"")
