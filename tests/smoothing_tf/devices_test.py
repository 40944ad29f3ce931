"""One line describes the devices."""

import types

import tensorflow as tf

from smoothing_tf import config, devices, sample, train
from tests.testing.strategies import mirrored


def test_a_cpu_counts_its_cores(monkeypatch, capsys):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [])
    for cores, words in (({0}, "1 core"), ({0, 1, 5}, "3 cores")):
        monkeypatch.setattr(devices.os, "sched_getaffinity", lambda pid, c=cores: c)
        expected = f"Computing on 1 CPU ({words}), 1 replica, float32."
        assert devices.describe() == expected
    devices.announce("bfloat16")
    assert capsys.readouterr().err == expected.replace("float32", "bfloat16") + "\n"


def _with_gpus(monkeypatch, *names):
    details = dict(enumerate(names))
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: list(details))
    monkeypatch.setattr(
        tf.config.experimental,
        "get_device_details",
        lambda gpu: {"device_name": details[gpu]},
    )


def test_gpus_are_named(monkeypatch):
    _with_gpus(monkeypatch, "H100")
    assert devices.describe() == "Computing on 1 GPU (H100), 1 replica, float32."
    _with_gpus(monkeypatch, "H100", "H100")
    assert devices.describe().startswith("Computing on 1 of 2 GPUs (H100), 1 replica,")
    strategy = types.SimpleNamespace(num_replicas_in_sync=2, cluster_resolver=None)
    words = devices.describe(strategy=strategy)
    assert words == "Computing on 2 GPUs (H100), 2 replicas, float32."


def test_replicas_of_a_real_strategy(monkeypatch):
    strategy = mirrored()
    assert ", 2 replicas, float32." in devices.describe(strategy=strategy)
    assert ", 1 replica, " in devices.describe(strategy=tf.distribute.get_strategy())


def test_a_mirrored_strategy_of_one_device_says_so():
    words = devices.describe(strategy=tf.distribute.MirroredStrategy(["CPU:0"]))
    assert "1 replica, float32. The strategy `mirrored` found no second device" in words


def test_workers_are_counted(monkeypatch):
    _with_gpus(monkeypatch, "A100", "A100")
    resolver = types.SimpleNamespace(
        task_type="worker",
        cluster_spec=lambda: tf.train.ClusterSpec(
            {"chief": ["a:1"], "worker": ["b:1", "c:1"], "ps": ["d:1"]}
        ),
    )
    strategy = types.SimpleNamespace(num_replicas_in_sync=6, cluster_resolver=resolver)
    assert devices.describe(strategy=strategy) == (
        "Computing on 3 workers with 2 GPUs (A100) each, 6 replicas, float32."
    )


def test_stages_may_differ_in_precision():
    experiment = config.parse(["--reverse_compute_dtype=bfloat16"])
    words = devices.describe(experiment.compute_dtypes(("smoothed", "reverse")))
    assert words.endswith(", float32 (smoothed) and bfloat16 (reverse).")
    assert devices.describe(experiment.compute_dtypes(["reverse"])).endswith(
        ", 1 replica, bfloat16."
    )


def test_commands_say_it_before_they_compute(run_dir, tmp_path, capsys):
    workdir = f"--workdir={run_dir}"
    flagfile = f"--flagfile={run_dir / 'flags.cfg'}"
    for main, arguments in (
        (train.main, [flagfile, workdir]),
        (sample.main, [workdir, f"--output={tmp_path / 'x.npz'}", "--num_samples=2"]),
    ):
        main(arguments)
        assert capsys.readouterr().err.startswith("Computing on ")
