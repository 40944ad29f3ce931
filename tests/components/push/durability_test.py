"""A push on a cluster does not end on the pod's own disk."""

import pytest

from components import runner_watch
from components.push import durability, executor


@pytest.fixture
def pod(monkeypatch):
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.delenv(runner_watch.RUNNER_VARIABLE, raising=False)


@pytest.fixture
def model(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"graph")
    return tmp_path / "model"


def test_the_disk_of_the_pod_is_refused(pod):
    with pytest.raises(ValueError, match="would be lost with the pod. Compile with"):
        durability.check_durable("/no-volume-is-mounted-here/models")


def test_other_machines_have_no_pod(monkeypatch):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    durability.check_durable("/no-volume-is-mounted-here/models")


def test_a_mounted_volume_is_accepted(pod, model, tmp_path, monkeypatch):
    volume = tmp_path / "volume"
    volume.mkdir()
    monkeypatch.setattr(
        durability, "_device", lambda path: int(path.is_relative_to(volume))
    )
    pushed = executor.run(model_dir=model, push_dir=volume / "models" / "digits")
    assert pushed == str(volume / "models" / "digits" / "1")
    with pytest.raises(ValueError, match="lost with the pod"):
        executor.run(model_dir=model, push_dir=tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_a_local_run_in_a_pod_may_push_anywhere(pod, model, tmp_path, monkeypatch):
    for name, value in runner_watch.runner_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(durability, "_device", lambda path: 0)
    assert executor.run(model_dir=model, push_dir=tmp_path / "serving")
