"""Compiling for a cluster, and submitting to one."""

import logging

import pytest
import yaml
from absl import flags
from kfp import client, components

from pipeline import kubeflow_runner
from tests.testing.command_lines import run_command


def test_the_compiled_file_carries_the_flags_and_the_image(tmp_path, capsys):
    output = tmp_path / "below" / "pipeline.yaml"
    kubeflow_runner.main(
        [
            "--model=made",
            "--noise_scale=0.25",
            "--reverse_num_steps=7",
            "--beam_options=--runner_option=1,--other=2",
            "--image=registry/some-python:2",
            f"--output={output}",
        ]
    )
    assert str(output) in capsys.readouterr().out
    assert components.load_component_from_file(str(output)).name == "smoothing"
    spec = yaml.safe_load(output.read_text())
    parameters = spec["root"]["inputDefinitions"]["parameters"]
    assert parameters["noise_scale"]["defaultValue"] == "0.25"
    assert "--reverse_num_steps=7" in parameters["train_reverse_flags"]["defaultValue"]
    assert parameters["beam_options"]["defaultValue"] == [
        "--runner_option=1",
        "--other=2",
    ]
    assert len(parameters["train_code"]["defaultValue"]) == 64
    # A cluster's serving directory is only given when a run is created.
    assert "defaultValue" not in parameters["push_dir"]
    images = {
        executor["container"]["image"]
        for executor in spec["deploymentSpec"]["executors"].values()
    }
    assert images == {"registry/some-python:2"}


@pytest.mark.parametrize(
    "argv, error, message",
    [
        ([], ValueError, "`output` or `host` must be given"),
        (["--output=pipeline.json"], ValueError, "must end with .yaml"),
        (["--host=http://h"], ValueError, "`push_dir` must be given with `host`"),
        (["--output=p.yaml", "--imag=x"], flags.Error, "imag"),
        (["--output=p.yaml", "--max_bits_per_dim=-1"], flags.Error, "above 0"),
    ],
)
def test_wrong_flags_are_refused(argv, error, message):
    with pytest.raises(error, match=message):
        kubeflow_runner.main(argv)


def test_a_host_that_does_not_respond_is_one_sentence(recwarn):
    with pytest.raises(ConnectionError, match="^`host` must be .*Connection refused"):
        kubeflow_runner.main(
            ["--model=made", "--host=http://localhost:1", "--push_dir=/serving"]
        )
    assert not recwarn.list


def test_help_of_a_runner_is_quiet():
    result = run_command("pipeline.kubeflow_runner", "--help")
    assert (result.status, result.stderr) == (0, "")
    assert "--host" in result.stdout


def test_importing_the_pipeline_leaves_logging_alone():
    assert logging.root.filters == []


def test_a_run_is_submitted_with_its_arguments(monkeypatch, capsys):
    submitted = {}

    class Client:
        def __init__(self, host):
            submitted["host"] = host

        def create_run_from_pipeline_func(self, pipeline, arguments):
            submitted.update(pipeline=pipeline, arguments=arguments)
            return type("Run", (), {"run_id": "run-1"})

    monkeypatch.setattr(client, "Client", Client)
    kubeflow_runner.main(["--model=made", "--host=http://h", "--push_dir=/serving"])
    assert submitted["host"] == "http://h"
    assert submitted["arguments"]["push_dir"] == "/serving"
    assert submitted["pipeline"].name == "smoothing"
    assert "run-1" in capsys.readouterr().out
