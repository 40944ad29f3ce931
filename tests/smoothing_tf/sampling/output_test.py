"""Written samples, finite or not, and their picture."""

import numpy as np
import pytest

from smoothing_tf.sampling.output import write_samples


@pytest.mark.parametrize("num_levels", [17, None])
def test_what_is_not_finite_is_written_all_the_same(tmp_path, capsys, num_levels):
    x_smoothed = np.zeros((3, 4, 4, 1), np.float32)
    x_smoothed[1, 2, 3] = np.inf
    arrays = {"smoothed": x_smoothed, "samples": np.nan_to_num(x_smoothed, posinf=1.0)}
    output = tmp_path / "s.npz"
    (tmp_path / "s.png").write_bytes(b"of other samples")
    write_samples(output, arrays, pytest.fail, num_levels)
    assert not (tmp_path / "s.png").exists()
    with np.load(output) as file:
        for kind, expected in arrays.items():
            np.testing.assert_array_equal(file[kind], expected)
    assert "its x~ has 1 of 3 non-finite examples" in capsys.readouterr().err


def test_samples_are_kept_if_their_picture_cannot_be_made(tmp_path):
    def fail(shown):
        raise ValueError("no picture")

    arrays = {"samples": np.zeros((2, 4, 4, 1), np.float32)}
    with pytest.raises(ValueError, match="no picture"):
        write_samples(tmp_path / "s.npz", arrays, fail, 17)
    with np.load(tmp_path / "s.npz") as file:
        assert file["samples"].shape == (2, 4, 4, 1)


def test_labels_without_a_finite_sample_are_not_shown(tmp_path):
    labels = np.arange(3, dtype=np.int32)
    arrays = {"smoothed": np.full((3, 2), np.inf, np.float32), "label": labels}
    write_samples(tmp_path / "s.npz", arrays, pytest.fail, None)
    with np.load(tmp_path / "s.npz") as file:
        np.testing.assert_array_equal(file["label"], labels)
