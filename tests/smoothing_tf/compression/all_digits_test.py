"""All digits, at the sizes that the likelihood promises, and from another process."""

import contextlib
import os

import numpy as np
import pytest

from smoothing_tf import train, workdir
from smoothing_tf.compression.codec import compress_images, decompress_images
from smoothing_tf.compression.compressed_file import from_bytes
from smoothing_tf.compression.config import CompressionConfig
from smoothing_tf.compression.promise import promised_bits
from smoothing_tf.numerics import levels_to_uint8
from tests.testing.command_lines import run_command
from tests.testing.damaged_copies import damaged_copies

pytest.importorskip("constriction")

_NUM_DRAWS = 4
# Noise -> (threads of TensorFlow, cores that encode, cores that decode).
_MACHINES = {"gaussian": (2, 2, 1), "uniform": (1, 1, 2)}


@pytest.fixture(scope="module", params=sorted(_MACHINES))
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


def _all_digits(dataset):
    splits = ("train", "validation", "test")
    x = np.concatenate([np.asarray(dataset.array(split)) for split in splits])
    assert len(x) == 1797
    return x


def _is_refused(trained, data):
    try:
        decompress_images(trained, data)
    except ValueError:
        return True
    return False


@contextlib.contextmanager
def _cores(number):
    """Gives the processes that are started meanwhile this many cores."""
    before = os.sched_getaffinity(0)
    if len(before) < number:
        pytest.skip(f"needs {number} cores")
    os.sched_setaffinity(0, sorted(before)[:number])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.large
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("stage", ["baseline", "two_stage"])
def test_all_digits_have_the_promised_size_and_come_back_on_other_cores(
    run, dataset, stage, tmp_path
):
    smoothing, directory = run
    num_threads, encoding_cores, decoding_cores = _MACHINES[smoothing]
    x = _all_digits(dataset)
    trained = workdir.load(directory)
    np.savez(tmp_path / "x.npz", images=levels_to_uint8(x, 17))
    # Not in this process, whose graphs are optimized less and so round differently.
    with _cores(encoding_cores):
        compressed = run_command(
            "smoothing_tf.compress",
            f"--workdir={directory}",
            f"--images={tmp_path / 'x.npz'}",
            f"--output={tmp_path / 'x'}",
            f"--stage={stage}",
            f"--num_threads={num_threads}",
            "--noverify",
            "--nocompare",
        )
    assert compressed.status == 0, compressed.stderr
    assert "than the likelihood promises" not in compressed.stderr
    data = (tmp_path / "x").read_bytes()
    header, stored = from_bytes(data)
    assert header.threads == num_threads
    draws = range(1 if stage == "baseline" else _NUM_DRAWS)
    promised = np.mean([promised_bits(trained, stage, x, seed=n).bits for n in draws])
    stream = 8 * sum(len(one.block.data) for one in stored)
    if stage == "two_stage" and smoothing == "uniform":
        assert stream < promised
    assert stream < 1.01 * promised
    assert 8 * len(data) < 1.02 * promised
    with _cores(decoding_cores):
        result = run_command(
            "smoothing_tf.decompress",
            f"--workdir={directory}",
            f"--input={tmp_path / 'x'}",
            f"--output={tmp_path / 'y.npz'}",
        )
    assert result.status == 0, result.stderr
    with np.load(tmp_path / "y.npz") as file:
        np.testing.assert_array_equal(file["images"], levels_to_uint8(x, 17))


@pytest.mark.large
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("stage", ["baseline", "two_stage"])
def test_a_damaged_file_of_all_digits_is_refused(run, dataset, stage):
    _, directory = run
    trained, x = workdir.load(directory), _all_digits(dataset)
    config = CompressionConfig(stage=stage, verify=False)
    data = compress_images(trained, x, config)
    np.testing.assert_array_equal(decompress_images(trained, data).x, x)
    num_refused = {
        kind: sum(_is_refused(trained, damaged) for damaged in copies)
        for kind, copies in damaged_copies(data).items()
    }
    # docs/compression.md reports these numbers.
    assert num_refused == {"changed": 200, "header": 20, "truncated": 200}
    other = workdir.load(directory)
    weight = (other.baseline if stage == "baseline" else other.reverse).weights[0]
    weight.assign(np.nextafter(np.asarray(weight), np.float32(np.inf)))
    with pytest.raises(ValueError, match="written with another model"):
        decompress_images(other, data)
