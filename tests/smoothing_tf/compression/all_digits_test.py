"""All digits, at the sizes that the likelihood promises, and from another process."""

import numpy as np
import pytest

from smoothing_tf import train, workdir
from smoothing_tf.compression.compressed_file import from_bytes
from smoothing_tf.compression.promise import promised_bits
from smoothing_tf.numerics import levels_to_uint8
from tests.testing.command_lines import run_command

pytest.importorskip("constriction")

_NUM_DRAWS = 4


@pytest.fixture(scope="module", params=["gaussian", "uniform"])
def run(request, tmp_path_factory, tfds_dir):
    """(name of the noise, directory of a run with all stages)."""
    directory = tmp_path_factory.mktemp(request.param)
    train.main(
        [
            "--dataset=digits",
            "--model=made",
            f"--smoothing={request.param}",
            "--num_steps=300",
            "--learning_rate=0.002",
            "--sample_every=0",
            f"--data_dir={tfds_dir}",
            f"--workdir={directory}",
            "--stages=smoothed,reverse,baseline",
        ]
    )
    return request.param, directory


@pytest.mark.large
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("stage", ["baseline", "two_stage"])
def test_all_digits_have_the_promised_size_and_come_back_in_another_process(
    run, dataset, stage, tmp_path, monkeypatch
):
    smoothing, directory = run
    splits = ("train", "validation", "test")
    x = np.concatenate([np.asarray(dataset.array(split)) for split in splits])
    assert len(x) == 1797
    trained = workdir.load(directory)
    np.savez(tmp_path / "x.npz", images=levels_to_uint8(x, 17))
    # Not in this process, whose graphs are optimized less and so round differently.
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "1")
    compressed = run_command(
        "smoothing_tf.compress",
        f"--workdir={directory}",
        f"--images={tmp_path / 'x.npz'}",
        f"--output={tmp_path / 'x'}",
        f"--stage={stage}",
        "--noverify",
        "--nocompare",
    )
    assert compressed.status == 0, compressed.stderr
    data = (tmp_path / "x").read_bytes()
    draws = range(1 if stage == "baseline" else _NUM_DRAWS)
    promised = np.mean([promised_bits(trained, stage, x, seed=n) for n in draws])
    stream = 8 * sum(len(one.block.data) for one in from_bytes(data)[1])
    if stage == "two_stage" and smoothing == "uniform":
        assert stream < promised
    assert stream < 1.01 * promised
    assert 8 * len(data) < 1.02 * promised
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "2")
    result = run_command(
        "smoothing_tf.decompress",
        f"--workdir={directory}",
        f"--input={tmp_path / 'x'}",
        f"--output={tmp_path / 'y.npz'}",
    )
    assert result.status == 0, result.stderr
    with np.load(tmp_path / "y.npz") as file:
        np.testing.assert_array_equal(file["images"], levels_to_uint8(x, 17))
