"""The pods' commands work for any user, without a home and in an empty directory.

They are executed here as they are in the compiled YAML. kfp.local takes the place of a
cluster's driver and launcher, which resolve the inputs and replace the placeholders.
"""

import json
import warnings

import pytest
import yaml
from kfp import components, local
from kfp.local import subprocess_task_handler

from pipeline import kubeflow_runner
from pipeline.graph import nodes_of
from tests.testing.pods import USER, as_user, make_shared_directory, run_pod

_TINY = [
    "--dataset=digits",
    "--model=made",
    "--hidden_units=8,8",
    "--num_mixtures=1",
    "--num_steps=2",
    "--steps_per_call=2",
    "--validate_every=2",
    "--max_validation_examples=20",
    "--sample_every=0",
    "--checkpoint_every=2",
    "--max_examples=20",
    "--num_importance_draws=0",
    "--num_samples=10",
    "--extractors=",
]


@pytest.fixture
def volume():
    """A directory that belongs to the user of the pods."""
    as_user()
    yield from make_shared_directory()


@pytest.fixture
def package(tmp_path, volume):
    """The compiled pipeline; without a home, data need a place of their own."""
    path = tmp_path / "pipeline.yaml"
    data = f"--data_dir={volume / 'data'}"
    kubeflow_runner.main([*_TINY, data, "--image=a-python:1", f"--output={path}"])
    return path


@pytest.mark.large
@pytest.mark.timeout(1800)
def test_every_node_runs(package, volume, monkeypatch):
    pipeline = components.load_component_from_file(str(package))
    ran = []

    def run(full_command, env_vars=None):
        result = run_pod(full_command, env_vars)
        ran.append(full_command[full_command.index("--function_to_execute") + 1])
        assert result.returncode == 0, result.stdout
        return result.returncode

    monkeypatch.setattr(subprocess_task_handler, "run_local_subprocess", run)
    # kfp would put its own interpreter in the place of `python3`.
    monkeypatch.setattr(
        subprocess_task_handler, "replace_python_executable", lambda command, _: command
    )
    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(volume))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outputs = pipeline(push_dir=str(volume / "models")).outputs
    assert sorted(ran) == sorted(node.function for node in nodes_of(pipeline))
    assert outputs["blessed"] == "true"
    (version,) = (volume / "models").iterdir()
    assert (version / "saved_model.pb").is_file()
    assert {path.stat().st_uid for path in volume.rglob("*")} == {USER}


def test_one_node_starts(package, volume):
    """push, whose code imports no TensorFlow."""
    spec = next(yaml.safe_load_all(package.read_text()))
    container = spec["deploymentSpec"]["executors"]["exec-push"]["container"]
    component = spec["components"]["comp-push"]
    model = volume / "model"
    model.mkdir()
    (model / "saved_model.pb").write_bytes(b"model")
    executor_input = {
        "inputs": {
            "parameterValues": {
                **dict.fromkeys(component["inputDefinitions"]["parameters"], ""),
                "push_dir": str(volume / "models"),
            },
            "artifacts": {
                name: {"artifacts": [_artifact(name, model, definition)]}
                for name, definition in component["inputDefinitions"][
                    "artifacts"
                ].items()
            },
        },
        "outputs": {
            "artifacts": {
                name: {"artifacts": [_artifact(name, volume / name, definition)]}
                for name, definition in component["outputDefinitions"][
                    "artifacts"
                ].items()
            },
            "outputFile": str(volume / "output.json"),
        },
    }
    text = json.dumps(executor_input)
    command = [*container["command"], *container["args"]]
    result = run_pod([word.replace("{{$}}", text) for word in command])
    assert result.returncode == 0, result.stdout
    assert (volume / "models" / "1" / "saved_model.pb").read_bytes() == b"model"
    output = json.loads((volume / "output.json").read_text())
    assert output["artifacts"]["pushed"]["artifacts"][0]["uri"].endswith("/models/1")


@pytest.mark.usefixtures("volume")
def test_a_pod_is_nobody_and_has_no_home():
    result = run_pod(["sh", "-c", "id -u; echo ${HOME-none}; ls -A; touch file"])
    assert result.stdout.splitlines()[:2] == [str(USER), "none"]
    assert "Permission denied" in result.stdout


def _artifact(name, path, definition):
    kind = definition["artifactType"]["schemaTitle"]
    return {"name": name, "type": {"schemaTitle": kind}, "uri": str(path)}
