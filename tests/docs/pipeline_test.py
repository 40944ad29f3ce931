"""The examples of a cluster in docs/pipeline.md do what the page says."""

import shlex

import pytest
import yaml

from pipeline import job_set, kubeflow_runner
from tests.testing import pages
from tests.testing.fake_kubeflow import fake_kubeflow


def example(marker: str, command: str = "pipeline.kubeflow_runner") -> list[str]:
    """Returns the arguments of the command in the example that contains `marker`."""
    block = pages.block("docs/pipeline.md", "sh", marker)
    words = shlex.split(block.replace("\\\n", " ").splitlines()[0])
    assert words[:3] == ["python", "-m", command]
    return words[3:]


def replace(arguments: list[str], **values: object) -> list[str]:
    """Gives flags of the example other values."""
    given = {a.partition("=")[0].removeprefix("--"): a for a in arguments}
    assert values.keys() <= given.keys()
    return [
        f"--{name}={values[name]}" if name in values else argument
        for name, argument in given.items()
    ]


def test_the_example_of_a_cluster_compiles(tmp_path):
    output = tmp_path / "pipeline.yaml"
    kubeflow_runner.main(replace(example("--node_selector"), output=output))
    spec, platform = yaml.safe_load_all(output.read_text())
    executors = spec["deploymentSpec"]["executors"]
    kubernetes = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    resources = executors["exec-generate"]["container"]["resources"]
    assert resources["resourceCpuLimit"] == "2"
    assert resources["resourceMemoryLimit"] == "8Gi"
    assert resources["accelerator"]["resourceCount"] == "1"
    mounting = {
        label
        for label, pod in kubernetes.items()
        if any(mount["constant"] == "models" for mount in pod["pvcMount"])
    }
    assert mounting == {"exec-push"}


def test_the_example_of_a_submission_creates_a_recurring_run(tmp_path, capsys):
    token = tmp_path / "token"
    token.write_text("of.mine")
    with fake_kubeflow() as api:
        api.multi_user, api.token = True, "of.mine"
        given = replace(example("--schedule"), host=api.host, token_file=token)
        kubeflow_runner.main(given)
    assert "Scheduled recurring run recurring-1" in capsys.readouterr().out
    assert api.experiments[0]["namespace"] == "team-a"
    assert api.created("recurringruns")["service_account"] == "pipeline-runner"


@pytest.mark.parametrize("flag", ["push_dir", "pvc"])
def test_the_example_would_lose_models_without_its_claim(tmp_path, flag):
    other = {"push_dir": "/serving", "pvc": "train:models:/models"}[flag]
    arguments = replace(
        example("--node_selector"),
        output=tmp_path / "pipeline.yaml",
        **{flag: other},
    )
    with pytest.raises(ValueError, match="lost with the pod"):
        kubeflow_runner.main(arguments)


def test_the_example_of_several_machines_is_written(tmp_path):
    output = tmp_path / "job_set.yaml"
    arguments = example("--num_machines", "pipeline.job_set")
    job_set.main(replace(arguments, output=output))
    manifest = yaml.safe_load(output.read_text())
    assert manifest["metadata"]["name"] == "digits"
    assert manifest["spec"]["failurePolicy"] == {"maxRestarts": 3}
    (job,) = manifest["spec"]["replicatedJobs"]
    assert job["template"]["spec"]["completions"] == 2
