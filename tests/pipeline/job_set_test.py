"""The command that writes the manifest of a training on several machines."""

import pytest
import yaml

from pipeline import job_set
from smoothing_tf import config as config_lib
from smoothing_tf.train import TrainOptions

_CONFIG = ["--model=made", "--batch_size=24", "--reverse_num_steps=7"]
_VALID = {"pvc": "runs:/runs", "workdir": "/runs/digits", "num_machines": "3"}


def flags_of(**changes):
    given = {**_VALID, **changes}
    return [*_CONFIG, *(f"--{n}={v}" for n, v in given.items() if v is not None)]


def test_the_pods_train_the_configuration_that_was_given(tmp_path, capsys):
    output = tmp_path / "below" / "job_set.yaml"
    job_set.main([*flags_of(retries="train:2"), f"--output={output}"])
    assert str(output) in capsys.readouterr().out
    manifest = yaml.safe_load(output.read_text())
    assert manifest["spec"]["failurePolicy"] == {"maxRestarts": 2}
    pods = manifest["spec"]["replicatedJobs"][0]["template"]["spec"]
    assert pods["completions"] == 3
    (container,) = pods["template"]["spec"]["containers"]
    config, options = config_lib.parse(container["args"], TrainOptions)
    assert config == config_lib.parse(_CONFIG)
    assert options == TrainOptions(workdir="/runs/digits", strategy="multi_worker")


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"pvc": None}, r"`workdir` must be below .* \(none\); got '/runs/digits'"),
        ({"pvc": "ingest:runs:/runs"}, r"must be below .* \(none\)"),
        (
            {"workdir": "/elsewhere"},
            r"\(/runs\); got '/elsewhere', which would be lost",
        ),
        (
            {"num_machines": "5"},
            "The 5 replicas of smoothed on 5 machines: `batch_size` must be a multiple",
        ),
        (
            {"train_accelerator": "nvidia.com/gpu", "train_accelerator_count": "5"},
            "15 replicas of smoothed on 3 machines: `batch_size` .* 15; got 24",
        ),
        (
            {"reverse_micro_batch_size": "3"},
            "3 replicas of reverse on 3 machines: `micro_batch_size` must divide 8,",
        ),
        (
            {"smoothed_jit_compile": "true"},
            "3 replicas of smoothed on 3 machines: `jit_compile` must be false",
        ),
        (
            {"node_resources": "train_reverse:cpu=2"},
            "The stages smoothed, reverse need different things",
        ),
        ({"retries": "2", "retry_backoff": "5"}, "`retry_backoff` has no effect"),
        ({"checkpoint_root": "/runs/x"}, "`checkpoint_root` has no effect: a JobSet"),
        ({"name": "Digits"}, "`name` names the JobSet 'Digits'"),
        ({"name": "a" * 50}, "`name` 'a+' makes host names of 61 letters.* at most 46"),
        ({"output": "job_set.json"}, "must end with .yaml"),
    ],
)
def test_what_cannot_work_is_refused(tmp_path, changes, message):
    output = {"output": str(tmp_path / "job_set.yaml")}
    with pytest.raises(ValueError, match=message):
        job_set.main(flags_of(**{**output, **changes}))
    assert list(tmp_path.iterdir()) == []


def test_one_stage_may_need_what_the_other_does_not(tmp_path):
    output = f"--output={tmp_path / 'job_set.yaml'}"
    more = {"node_resources": "train_reverse:cpu=2", "stages": "reverse"}
    job_set.main([*flags_of(**more), output])
    assert "cpu: '2'" in (tmp_path / "job_set.yaml").read_text()


def test_the_pods_check_that_they_have_their_accelerators(tmp_path):
    output = tmp_path / "job_set.yaml"
    more = {"train_accelerator": "nvidia.com/gpu", "train_accelerator_count": "4"}
    job_set.main([*flags_of(**more, num_machines="2"), f"--output={output}"])
    text = output.read_text()
    assert "name: SMOOTHING_TF_ACCELERATORS" in text
    assert "value: nvidia.com/gpu=4" in text
    assert "python -m components.train.check_accelerators" in text
