"""The tables of published comparisons, from small files in their layouts.

The expected splits are computed here from the published description, in plain loops.
"""

import h5py
import numpy as np
import pytest

from smoothing_tf.data.dataset import DataConfig, open_dataset


def _open(name, data_dir):
    return open_dataset(DataConfig(name, str(data_dir)))


def _table(rows, columns, seed=0):
    return np.random.default_rng(seed).normal(3.0, 2.0, (rows, columns))


def _assert_splits(dataset, train, validation, test):
    for split, x in (("train", train), ("validation", validation), ("test", test)):
        found = dataset.array(split)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, x, rtol=1e-5, atol=1e-6)


def test_miniboone_is_cut_from_the_end_and_standardized(tmp_path):
    x = _table(137, 43)
    np.save(tmp_path / "data.npy", x)
    # 13 of 137 for testing, then 12 of 124 for validation.
    known = x[:124]
    z = (x - known.mean(axis=0)) / known.std(axis=0)
    _assert_splits(_open("miniboone", tmp_path), z[:112], z[112:124], z[124:])


def test_power_drops_two_columns_and_fills_the_gaps(tmp_path):
    x = _table(60, 8)
    (tmp_path / "power").mkdir()
    np.save(tmp_path / "power" / "data.npy", x)
    dataset = _open("power", tmp_path)
    assert dataset.event_shape == (6,)
    rng = np.random.RandomState(42)
    order = x.copy()
    rng.shuffle(order)
    expected = []
    voltage, active, meters = (
        rng.uniform(size=size) for size in ((60, 1), (60, 1), (60, 3))
    )
    for i, row in enumerate(order):
        expected.append(
            [
                row[0] + active[i, 0] / 1000,
                row[2] + voltage[i, 0] / 100,
                *(row[4:7] + meters[i]),
                row[7],
            ]
        )
    expected = np.array(expected)
    known = expected[:54]
    z = (expected - known.mean(axis=0)) / known.std(axis=0)
    _assert_splits(dataset, z[:49], z[49:54], z[54:])
    np.testing.assert_array_equal(np.load(tmp_path / "power" / "data.npy"), x)


def _write_hepmass(directory, num_train=40, num_test=30):
    """Writes both files; returns the signals, before scaling."""
    rng = np.random.default_rng(0)
    signals = {}
    for name, n, extra in (("train", num_train, 0), ("test", num_test, 1)):
        x = rng.normal(size=(n, 4 + extra))
        # The column 1 takes few values: its smallest one occurs often.
        x[:, 1] = rng.integers(0, 2, n)
        # The column 2 repeats a value as often, but not the smallest one.
        x[::3, 2] = 0.5
        labels = np.arange(n) % 2
        header = "# label," + ",".join(f"f{i}" for i in range(x.shape[1]))
        lines = [f"{y:.1f}," + ",".join(map(repr, map(float, r)))
                 for y, r in zip(labels, x)]  # fmt: skip
        (directory / f"1000_{name}.csv").write_text("\n".join([header, *lines, ""]))
        signals[name] = x[labels == 1]
    return signals


def test_hepmass_keeps_the_signals_and_drops_repeated_columns(tmp_path):
    signals = _write_hepmass(tmp_path)
    dataset = _open("hepmass", tmp_path)
    train, test = signals["train"], signals["test"][:, :4]
    mean, std = train.mean(axis=0), train.std(axis=0, ddof=1)
    train, test = ((x - mean) / std for x in (train, test))
    kept = [0, 2, 3]
    train, test = train[:, kept], test[:, kept]
    _assert_splits(dataset, train[:18], train[18:], test)


def test_bsds300_is_read_as_it_is(tmp_path):
    splits = {s: np.float32(_table(n, 63)) for s, n in
              (("train", 9), ("validation", 4), ("test", 5))}  # fmt: skip
    with h5py.File(tmp_path / "BSDS300.hdf5", "w") as file:
        for split, x in splits.items():
            file[split] = x
    _assert_splits(_open("bsds300", tmp_path), **splits)


def test_missing_and_foreign_files_are_named(tmp_path):
    with pytest.raises(ValueError, match="1000_train.csv and 1000_test.csv of hepmass"):
        _open("hepmass", tmp_path)
    np.save(tmp_path / "data.npy", _table(50, 7))
    with pytest.raises(ValueError, match="data.npy must have 8 columns; got 7"):
        _open("power", tmp_path)
    np.save(tmp_path / "data.npy", np.ones(50))
    with pytest.raises(ValueError, match=r"must be numbers \[rows, columns\]; got"):
        _open("miniboone", tmp_path)
    np.save(tmp_path / "data.npy", np.ones((50, 43)))
    with pytest.raises(ValueError, match="Column 0 of the table, .* is constant"):
        _open("miniboone", tmp_path)
    (tmp_path / "BSDS300.hdf5").write_bytes(b"not HDF5")
    with pytest.raises(ValueError, match="BSDS300.hdf5 is not an HDF5 file"):
        _open("bsds300", tmp_path)
    for name in ("1000_train.csv", "1000_test.csv"):
        (tmp_path / name).write_text("# label,f0\n1.0,a\n")
    with pytest.raises(ValueError, match="1000_train.csv is not a table of numbers"):
        _open("hepmass", tmp_path)
