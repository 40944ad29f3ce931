"""The export node: the two trained stages, of the configured model."""

import dataclasses

import pytest

from components.export import executor
from smoothing_tf.data.dataset import open_dataset
from smoothing_tf.serving.about import About


def run(tmp_path, data_dir, smoothing_dir, stage_dirs):
    executor.run(
        flags=["--model=made", "--hidden_units=4,4"],
        data_dir=data_dir,
        smoothing_dir=smoothing_dir,
        stage_dirs=stage_dirs,
        output_dir=tmp_path / "saved_model",
        made_from="a digest",
    )


def test_both_stages_are_loaded_and_exported(
    monkeypatch, tmp_path, data_dir, smoothing_dir
):
    calls = []

    def load_stages(config, dataset, directories):
        calls.append((config, dataset, directories))
        return "the trained stages"

    def with_license(config):
        opened = open_dataset(config)
        source = dataclasses.replace(opened.source, license="CC0")
        return dataclasses.replace(opened, source=source)

    monkeypatch.setattr(executor, "open_dataset", with_license)
    monkeypatch.setattr(executor.stages, "load_stages", load_stages)
    monkeypatch.setattr(
        executor, "export_saved_model", lambda *args, **kw: calls.append((args, kw))
    )
    stage_dirs = {"smoothed": "/s", "reverse": "/r"}
    run(tmp_path, data_dir, smoothing_dir, stage_dirs)
    (config, dataset, directories), exported = calls
    assert config.stages["reverse"].model_config.hidden_units == (4, 4)
    assert config.smoothing.noise_scale == 0.4
    assert dataset.event_shape == (4, 4, 1)
    assert directories == stage_dirs
    assert exported == (
        ("the trained stages", tmp_path / "saved_model"),
        {"about": About("tiny", "CC0", made_from="a digest"), "progress": True},
    )


def test_an_untrained_stage_is_named(tmp_path, data_dir, smoothing_dir):
    stage_dirs = {stage: tmp_path / stage for stage in ("smoothed", "reverse")}
    with pytest.raises(FileNotFoundError, match="smoothed"):
        run(tmp_path, data_dir, smoothing_dir, stage_dirs)
    assert not (tmp_path / "saved_model").exists()
