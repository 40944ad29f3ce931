"""The commands compress and decompress: exact images, sizes, one-line errors."""

import dataclasses
import types

import numpy as np
import pytest

from smoothing_tf import compress, decompress, workdir
from smoothing_tf.compression import commands
from smoothing_tf.compression.promise import Promise
from smoothing_tf.data.data_spec import DataSpec
from smoothing_tf.numerics import levels_to_uint8
from tests.testing.command_lines import call_command
from tests.testing.eagerly import eagerly
from tests.testing.tiny_codecs import NUM_LEVELS, SHAPE, made_trained
from tests.testing.tiny_codecs import images as tiny_images

pytest.importorskip("constriction")


@pytest.fixture(scope="module")
def images(dataset, tmp_path_factory):
    path = tmp_path_factory.mktemp("images") / "x.npz"
    levels = np.asarray(dataset.array("test"))[:30]
    np.savez(path, images=levels_to_uint8(levels, 17))
    return path


@pytest.fixture(scope="module")
def compressed(run_dir, images):
    """(file, output of the command)."""
    output = images.with_name("x.stfc")
    result = call_command(
        "smoothing_tf.compress",
        f"--workdir={run_dir}",
        f"--images={images}",
        f"--output={output}",
        "--batch_size=10",
    )
    assert result.status == 0, result.stderr
    return output, result.stdout


def test_the_size_is_printed_next_to_those_of_other_formats(compressed):
    file, stdout = compressed
    size = file.stat().st_size
    assert f"Wrote 30 images to {file}: {size:,} bytes." in stdout
    assert f"{8 * size / (30 * 64):.3f} bits per dimension, as a file" in stdout
    for text in ("by the likelihood, -log2 P(x)", "as PNG files", "as WebP files"):
        assert text in stdout


@pytest.mark.parametrize("name", ["y.npz", "folder"])
def test_the_images_come_back(run_dir, images, compressed, tmp_path, name):
    flags = (f"--workdir={run_dir}", f"--output={tmp_path / name}")
    result = call_command("smoothing_tf.decompress", f"--input={compressed[0]}", *flags)
    assert result.stdout == f"Wrote 30 images to {tmp_path / name}.\n", result.stderr
    if name.endswith(".npz"):
        with np.load(images) as given, np.load(tmp_path / name) as restored:
            np.testing.assert_array_equal(given["images"], restored["images"])
        return
    assert len([*(tmp_path / name).iterdir()]) == 30
    again = call_command(
        "smoothing_tf.compress",
        f"--workdir={run_dir}",
        f"--images={tmp_path / name}",
        f"--output={tmp_path / 'again'}",
        "--batch_size=10",
        "--noverify",
        "--nocompare",
    )
    assert again.status == 0, again.stderr
    assert (tmp_path / "again").read_bytes() == compressed[0].read_bytes()


def test_a_damaged_file_is_refused_and_nothing_written(run_dir, compressed, tmp_path):
    damaged = tmp_path / "damaged"
    data = compressed[0].read_bytes()
    damaged.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    flags = (f"--workdir={run_dir}", f"--input={damaged}")
    output = tmp_path / "y.npz"
    failed = call_command("smoothing_tf.decompress", *flags, f"--output={output}")
    assert failed.status == 1
    assert "Block 2 of the file, images 20 to 29, is damaged" in failed.stderr
    assert not output.exists()
    partial = call_command(
        "smoothing_tf.decompress", *flags, f"--output={output}", "--skip_damaged"
    )
    assert "Left out the images of the damaged blocks 2." in partial.stderr
    with np.load(output) as file:
        np.testing.assert_array_equal(file["index"], np.arange(20))


def test_a_file_that_is_longer_than_promised_is_reported(
    run_dir, images, tmp_path, monkeypatch
):
    promise = Promise(100.0, 0.0)
    monkeypatch.setattr(commands, "promised_bits", lambda *args, **kwargs: promise)
    result = call_command(
        "smoothing_tf.compress",
        f"--workdir={run_dir}",
        f"--images={images}",
        f"--output={tmp_path / 'x'}",
        "--nocompare",
        "--noverify",
    )
    assert "take more bits than the likelihood promises" in result.stderr


@pytest.fixture
def call(monkeypatch, tmp_path):
    """A function that calls a command for models of tiny images, eagerly."""

    def call_for(trained, command, *flags):
        data = DataSpec("tiny", "images", SHAPE, NUM_LEVELS)
        config = types.SimpleNamespace(compute_dtypes=lambda stages: "float32")
        for module in (compress, decompress):
            monkeypatch.setattr(module, "load_config", lambda directory: config)
        monkeypatch.setattr(workdir, "load_data_spec", lambda *args: data)
        monkeypatch.setattr(workdir, "load_trained", lambda *args: trained)
        with eagerly():
            return call_command(
                f"smoothing_tf.{command}", f"--workdir={tmp_path}", *flags
            )

    return call_for


def _write(path, levels, **arrays):
    np.savez(path, images=levels_to_uint8(levels, NUM_LEVELS), **arrays)
    return f"--images={path}"


def test_classes_are_coded_and_come_back(call, tmp_path):
    trained, levels = made_trained(num_classes=3), tiny_images(4)
    label = np.array([2, 0, 1, 1])
    given = _write(tmp_path / "x.npz", levels, label=label)
    for flags, expected in (((), label), (("--class=1",), np.ones(4))):
        output = f"--output={tmp_path / 'x'}"
        result = call(trained, "compress", given, output, "--nocompare", *flags)
        assert result.status == 0, result.stderr
        assert "than the likelihood promises" not in result.stderr
        file, output = f"--input={tmp_path / 'x'}", f"--output={tmp_path / 'y.npz'}"
        result = call(trained, "decompress", file, output)
        assert result.status == 0, result.stderr
        with np.load(tmp_path / "y.npz") as restored:
            np.testing.assert_array_equal(restored["label"], expected)
    refused = call(trained, "decompress", file, f"--output={tmp_path / 'folder'}")
    assert "`--output` must be a file FILE.npz, since" in refused.stderr
    assert not (tmp_path / "folder").exists()


def test_what_the_models_cannot_do_is_refused(call, tmp_path):
    trained = dataclasses.replace(made_trained(), baseline=None)
    given = _write(tmp_path / "x.npz", tiny_images(2))
    output = f"--output={tmp_path / 'x'}"
    for flag, error in (
        ("--stage=baseline", "needs a run that has one. Train it with --stages=base"),
        ("--class=1", "got '1' for --stage=two_stage without one. Drop it, or train"),
        (f"--output={tmp_path / 'x.npz'}", "must not be the file that is read"),
    ):
        result = call(trained, "compress", given, output, flag)
        assert result.status == 1
        assert error in result.stderr
        assert "Traceback" not in result.stderr
    assert [*tmp_path.iterdir()] == [tmp_path / "x.npz"]
