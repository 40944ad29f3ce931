"""Compiling for a cluster, and submitting to one."""

import logging
import sys

import pytest
import yaml
from absl import flags
from kfp import components

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
    text = parameters["flags"]["defaultValue"].splitlines()
    assert output.read_text().count("--reverse_num_steps=7\n") == 2  # And a comment.
    assert "--reverse_num_steps=7" in text
    assert "--beam_options=--runner_option=1,--other=2" in text
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
            [
                "--model=made",
                "--host=http://localhost:1",
                "--pvc=models:/models",
                "--push_dir=/models",
            ]
        )
    assert not recwarn.list


def test_a_missing_kfp_kubernetes_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "kfp.kubernetes", None)
    monkeypatch.delattr("kfp.kubernetes", raising=False)
    output = f"--output={tmp_path / 'pipeline.yaml'}"
    with pytest.raises(ValueError, match=r"pip install '.\[cluster\]'"):
        kubeflow_runner.main(["--model=made", output, "--pvc=models:/models"])
    assert list(tmp_path.iterdir()) == []
    # CPUs, memory, accelerators and retries do without it.
    resources = "--node_resources=cpu=2,memory=8Gi,generate:nvidia.com/gpu=1"
    kubeflow_runner.main(["--model=made", output, resources, "--retries=2"])
    assert (tmp_path / "pipeline.yaml").exists()


def test_help_of_a_runner_is_quiet():
    result = run_command("pipeline.kubeflow_runner", "--help")
    assert (result.status, result.stderr) == (0, "")
    assert "--host" in result.stdout


def test_importing_the_pipeline_leaves_logging_alone():
    assert logging.root.filters == []
