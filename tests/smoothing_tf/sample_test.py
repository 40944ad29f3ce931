"""The sample command: arrays, seeds, denoising, and bad images."""

import numpy as np
import pytest

from smoothing_tf import sample


def draw(run_dir, output, *arguments):
    sample.main([f"--workdir={run_dir}", f"--output={output}", *arguments])
    with np.load(output) as file:
        return dict(file)


@pytest.fixture(scope="module")
def five(run_dir, tmp_path_factory):
    """(arrays, path of the picture) of five samples with seed 3."""
    output = tmp_path_factory.mktemp("samples") / "s.npz"
    arrays = draw(run_dir, output, "--num_samples=5", "--seed=3")
    return arrays, output.with_suffix(".png")


def test_samples_are_images_of_the_datas_levels(five):
    arrays, picture = five
    assert {k: (v.shape, str(v.dtype)) for k, v in arrays.items()} == {
        "smoothed": ((5, 8, 8, 1), "float32"),
        "single_step": ((5, 8, 8, 1), "uint8"),
        "baseline": ((5, 8, 8, 1), "uint8"),
        "samples": ((5, 8, 8, 1), "uint8"),
    }
    levels = np.rint(255 * np.arange(17) / 16)
    assert set(np.unique(arrays["samples"])) <= set(levels)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_another_seed_draws_other_samples(run_dir, five, tmp_path):
    other = draw(run_dir, tmp_path / "s.npz", "--num_samples=5", "--seed=2")
    assert np.any(other["samples"] != five[0]["samples"])


def test_given_images_are_denoised_with_either_gradient(run_dir, tmp_path):
    x_smoothed = np.random.default_rng(0).normal(size=(3, 8, 8, 1)).astype(np.float32)
    np.savez(tmp_path / "x.npz", x_smoothed)
    arguments = (f"--images={tmp_path / 'x.npz'}", "--denoise")
    exact, truncated = (
        draw(run_dir, tmp_path / "d.npz", *arguments, *gradient)
        for gradient in ((), ("--gradient=truncated",))
    )
    np.testing.assert_array_equal(exact["smoothed"], x_smoothed)
    assert exact["samples"].shape == (3, 8, 8, 1)
    np.testing.assert_array_equal(exact["samples"], truncated["samples"])
    assert np.any(exact["single_step"] != truncated["single_step"])


@pytest.mark.parametrize(
    "array, message",
    [
        (np.zeros((2, 9, 8, 1), np.float32), r"\[n, 8, 8, 1\]; got \[2, 9, 8, 1\]"),
        (np.zeros((0, 8, 8, 1), np.float32), "one image or more"),
        (np.zeros((2, 8, 8, 1), np.int64), "uint8 or finite floating point; got int64"),
        (np.full((2, 8, 8, 1), np.nan), "got float64 with NaN or infinity"),
        (np.full((2, 8, 8, 1), 200.0), r"must be on \[-1, 1\] plus noise; got .* 200"),
    ],
)
def test_images_that_do_not_fit_are_rejected(run_dir, tmp_path, array, message):
    np.savez(tmp_path / "x.npz", array)
    with pytest.raises(ValueError, match=message):
        draw(run_dir, tmp_path / "d.npz", f"--images={tmp_path / 'x.npz'}", "--denoise")
    assert not (tmp_path / "d.npz").exists()


def test_several_arrays_without_a_known_name_are_rejected(run_dir, tmp_path):
    np.savez(tmp_path / "x.npz", a=np.zeros((1, 8, 8, 1)), b=np.zeros(3))
    with pytest.raises(ValueError, match="or a single one; got a, b"):
        draw(run_dir, tmp_path / "d.npz", f"--images={tmp_path / 'x.npz'}", "--denoise")


def test_a_damaged_file_of_images_is_rejected(run_dir, tmp_path):
    (tmp_path / "x.npz").write_bytes(b"PK no archive")
    with pytest.raises(ValueError, match="`--images` must be a readable .npz file"):
        draw(run_dir, tmp_path / "d.npz", f"--images={tmp_path / 'x.npz'}", "--denoise")


def test_known_pixels_are_returned_exactly_and_the_others_drawn(run_dir, tmp_path):
    rng = np.random.default_rng(0)
    images = np.rint(255 * rng.integers(17, size=(3, 8, 8, 1)) / 16).astype(np.uint8)
    mask = np.zeros((8, 8), int)
    mask[:, :4] = 1
    np.savez(tmp_path / "x.npz", images=images)
    np.savez(tmp_path / "m.npz", mask)
    files = (f"--images={tmp_path / 'x.npz'}", f"--mask={tmp_path / 'm.npz'}")
    one = draw(run_dir, tmp_path / "i.npz", *files)
    assert {k: (v.shape, str(v.dtype)) for k, v in one.items()} == {
        "smoothed": ((3, 8, 8, 1), "float32"),
        "samples": ((3, 8, 8, 1), "uint8"),
    }
    options = ("--num_samples=2", "--particles=2")
    several = draw(run_dir, tmp_path / "i.npz", *files, *options)["samples"]
    plain = draw(run_dir, tmp_path / "i.npz", *files, options[0])["samples"]
    assert np.any(plain != several)
    assert (tmp_path / "i.png").read_bytes().startswith(b"\x89PNG")
    several = several.reshape(3, 2, 8, 8, 1)
    levels = np.rint(255 * np.arange(17) / 16)
    for samples in (one["samples"], several[:, 0], several[:, 1]):
        np.testing.assert_array_equal(samples[:, :, :4], images[:, :, :4])
        assert set(np.unique(samples)) <= set(levels)
    assert np.any(several[:, 0] != several[:, 1])


def test_a_mask_without_a_missing_pixel_gives_the_images_back(
    run_dir, tmp_path, capsys
):
    images = np.zeros((2, 8, 8, 1), np.uint8)
    np.savez(tmp_path / "x.npz", images)
    np.savez(tmp_path / "m.npz", np.ones((8, 8), int))
    files = (f"--images={tmp_path / 'x.npz'}", f"--mask={tmp_path / 'm.npz'}")
    samples = draw(run_dir, tmp_path / "i.npz", *files)["samples"]
    np.testing.assert_array_equal(samples, images)
    assert "--mask marks no pixel as missing" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["s.npz", "s.png"])
def test_an_output_that_is_a_directory_is_rejected_first(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(
        IsADirectoryError, match=f"must name a file; got the directory .*{name}"
    ):
        draw(tmp_path / "no run", tmp_path / "s.npz")


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--denoise"], "given together with `--denoise` or `--mask`"),
        (["--images=x.npz"], "given together with `--denoise` or `--mask`"),
        (
            ["--images=x.npz", "--denoise", "--mask=m.npz"],
            "Give exactly one of `--denoise`",
        ),
        (
            ["--images=x.npz", "--denoise", "--num_samples=3"],
            "`--num_samples` has no effect with `--denoise`",
        ),
        (["--particles=2"], "`--particles` must be 1 without `--mask`; got 2"),
        (
            ["--images=x.npz", "--mask=m.npz", "--gradient=truncated"],
            "`--gradient` has no effect with `--mask`",
        ),
    ],
)
def test_options_that_do_not_fit_each_other_are_rejected(tmp_path, flags, message):
    with pytest.raises(ValueError, match=message):
        draw(tmp_path, tmp_path / "d.npz", *flags)


def test_another_ending_of_the_output_is_rejected(run_dir, tmp_path):
    with pytest.raises(ValueError, match="`--output` must end in .npz"):
        draw(run_dir, tmp_path / "d.png")


@pytest.mark.parametrize(
    "stage, kinds",
    [("smoothed", {"smoothed", "single_step"}), ("baseline", {"baseline"})],
)
def test_one_stage_alone_gives_its_own_samples(run_dir, tmp_path, capsys, stage, kinds):
    for name in ("flags.cfg", stage):
        (tmp_path / name).symlink_to(run_dir / name)
    assert set(draw(tmp_path, tmp_path / "s.npz", "--num_samples=2")) == kinds
    assert "Stage reverse is not trained" in capsys.readouterr().err
    if stage == "baseline":
        with pytest.raises(
            ValueError, match="no effect without a trained stage smoothed"
        ):
            draw(tmp_path, tmp_path / "s.npz", "--gradient=truncated")


def test_the_reverse_stage_alone_draws_nothing(run_dir, tmp_path):
    for name in ("flags.cfg", "reverse"):
        (tmp_path / name).symlink_to(run_dir / name)
    with pytest.raises(FileNotFoundError, match="Stage smoothed must be trained in"):
        draw(tmp_path, tmp_path / "s.npz", "--num_samples=2")
    assert not (tmp_path / "s.npz").exists()


def test_denoising_without_the_reverse_stage_says_what_to_train(run_dir, tmp_path):
    for name in ("flags.cfg", "smoothed"):
        (tmp_path / name).symlink_to(run_dir / name)
    np.savez(tmp_path / "x.npz", np.zeros((1, 8, 8, 1), np.float32))
    arguments = (f"--images={tmp_path / 'x.npz'}", "--denoise")
    with pytest.raises(FileNotFoundError, match="Stage reverse must be trained in"):
        draw(tmp_path, tmp_path / "s.npz", *arguments)


def test_the_first_samples_do_not_depend_on_how_many_follow(run_dir, five, tmp_path):
    """So the seed names them."""
    few, _ = five
    more = draw(run_dir, tmp_path / "s.npz", "--num_samples=120", "--seed=3")
    np.testing.assert_array_equal(few["samples"], more["samples"][:5])
