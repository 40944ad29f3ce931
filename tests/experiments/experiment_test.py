"""Every experiment has a title and runs a job."""

import inspect

import pytest

from experiments import EXPERIMENTS
from experiments.job import Job


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_has_a_title_and_takes_a_job(name, tmp_path):
    experiment = EXPERIMENTS[name]
    title, _, text = experiment.description.partition("\n")
    assert ": " in title and title.endswith(".")
    assert not text or text.startswith("\n")
    inspect.signature(experiment.run).bind(Job(tmp_path))


def test_experiments_with_a_configuration_run_alone():
    with_config = {name for name, e in EXPERIMENTS.items() if e.needs_config}
    assert with_config == {"columns", "conditioning", "precision"}
    assert not any(EXPERIMENTS[name].is_concurrent for name in with_config)
