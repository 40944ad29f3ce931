"""The sample command: arrays, seeds, denoising, and bad images."""

import numpy as np
import pytest

from smoothing_tf import sample


def draw(run_dir, output, *arguments):
    sample.main([f"--workdir={run_dir}", f"--output={output}", *arguments])
    with np.load(output) as file:
        return dict(file)


def test_samples_are_images_of_the_datas_levels(run_dir, tmp_path):
    arrays = draw(run_dir, tmp_path / "s.npz", "--num_samples=5", "--seed=3")
    assert {k: (v.shape, str(v.dtype)) for k, v in arrays.items()} == {
        "smoothed": ((5, 8, 8, 1), "float32"),
        "single_step": ((5, 8, 8, 1), "uint8"),
        "samples": ((5, 8, 8, 1), "uint8"),
    }
    levels = np.rint(255 * np.arange(17) / 16)
    assert set(np.unique(arrays["samples"])) <= set(levels)
    assert (tmp_path / "s.png").read_bytes().startswith(b"\x89PNG")


def test_a_seed_names_its_samples(run_dir, tmp_path):
    first, again, other = (
        draw(run_dir, tmp_path / "s.npz", "--num_samples=3", f"--seed={seed}")
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first["samples"], again["samples"])
    assert np.any(first["samples"] != other["samples"])


def test_given_images_are_denoised(run_dir, tmp_path):
    x_smoothed = np.random.default_rng(0).normal(size=(3, 8, 8, 1)).astype(np.float32)
    np.savez(tmp_path / "x.npz", x_smoothed)
    arrays = draw(
        run_dir, tmp_path / "d.npz", f"--images={tmp_path / 'x.npz'}", "--denoise"
    )
    np.testing.assert_array_equal(arrays["smoothed"], x_smoothed)
    assert arrays["samples"].shape == (3, 8, 8, 1)


@pytest.mark.parametrize(
    "array, message",
    [
        (np.zeros((2, 9, 8, 1), np.float32), r"\[n, 8, 8, 1\]; got \[2, 9, 8, 1\]"),
        (np.zeros((0, 8, 8, 1), np.float32), "at least one image"),
        (np.zeros((2, 8, 8, 1), np.int64), "uint8 or finite floating point; got int64"),
        (np.full((2, 8, 8, 1), np.nan), "got float64 with NaN or infinity"),
    ],
)
def test_images_that_do_not_fit_are_rejected(run_dir, tmp_path, array, message):
    np.savez(tmp_path / "x.npz", array)
    with pytest.raises(ValueError, match=message):
        draw(run_dir, tmp_path / "d.npz", f"--images={tmp_path / 'x.npz'}", "--denoise")
    assert not (tmp_path / "d.npz").exists()


def test_a_damaged_file_of_images_is_rejected(run_dir, tmp_path):
    (tmp_path / "x.npz").write_bytes(b"PK no archive")
    with pytest.raises(ValueError, match="`--images` must be a readable .npz file"):
        draw(run_dir, tmp_path / "d.npz", f"--images={tmp_path / 'x.npz'}", "--denoise")


def test_options_that_do_not_fit_each_other_are_rejected(run_dir, tmp_path):
    with pytest.raises(ValueError, match="given together with `--denoise`"):
        draw(run_dir, tmp_path / "d.npz", "--denoise")
    with pytest.raises(ValueError, match="`--output` must end in .npz"):
        draw(run_dir, tmp_path / "d.png")


def test_a_run_without_both_stages_says_what_to_train(run_dir, tmp_path):
    (tmp_path / "flags.cfg").symlink_to(run_dir / "flags.cfg")
    (tmp_path / "baseline").symlink_to(run_dir / "baseline")
    with pytest.raises(FileNotFoundError, match="stages smoothed and reverse must be"):
        draw(tmp_path, tmp_path / "s.npz")
