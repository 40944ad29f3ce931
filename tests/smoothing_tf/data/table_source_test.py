"""Tables: columns by name, checked, split and standardized."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from smoothing_tf.data.dataset import DataConfig, open_dataset

SPLITS = ("train", "validation", "test")


def _columns(n=40):
    rng = np.random.default_rng(0)
    return {
        "age": rng.integers(20, 60, n),
        "height": rng.normal(170, 10, n),
        "weight": rng.normal(70, 5, n).astype(np.float32),
        "city": [("Rome", "Bonn", "Oslo")[i % 3] for i in range(n)],
    }


NUMBERS = ("age", "height", "weight")


def _write(path, columns):
    if path.suffix == ".csv":
        pyarrow.csv.write_csv(pa.table(columns), path)
    elif path.suffix == ".parquet":
        pyarrow.parquet.write_table(pa.table(columns), path)
    return path


def _open(path, **settings):
    return open_dataset(DataConfig("table", str(path), **settings))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_chosen_columns_come_back_by_name(tmp_path, suffix):
    columns = _columns()
    path = _write(tmp_path / f"people{suffix}", columns)
    dataset = _open(path, columns=("weight", "age"), label_column="city")
    assert dataset.name == "people" and dataset.source.columns == ("weight", "age")
    assert dataset.source.class_names == ("Bonn", "Oslo", "Rome")
    assert dataset.num_examples == {"train": 32, "validation": 4, "test": 4}
    found = np.concatenate([dataset.array(s) for s in SPLITS])
    labels = np.concatenate([dataset.labels(s) for s in SPLITS])
    assert found.dtype == np.float32 and dataset.num_levels is None
    names = np.array(dataset.source.class_names)[labels]
    rows = list(zip(columns["weight"], columns["age"], columns["city"]))
    assert sorted(zip(*found.T.tolist(), names.tolist())) == sorted(
        (float(np.float32(w)), float(a), c) for w, a, c in rows
    )


def test_a_label_column_is_not_modeled(tmp_path):
    columns = {name: _columns()[name] for name in NUMBERS} | {"kind": [3, 5] * 20}
    dataset = _open(_write(tmp_path / "x.csv", columns), label_column="kind")
    assert dataset.source.columns == NUMBERS
    assert dataset.source.class_names == ("3", "5")
    assert dataset.source.format.num_classes == 2


def test_splits_and_names_of_a_npz_file_are_kept(tmp_path):
    x = np.random.default_rng(0).normal(size=(30, 2))
    y = np.arange(30) % 3
    arrays = {"train": x[:20], "validation": x[20:25], "test": x[25:]}
    labels = {"train_labels": y[:20], "validation_labels": y[20:25]}
    labels["test_labels"] = y[25:]
    np.savez(tmp_path / "x.npz", columns=np.array(["a", "b"]), **arrays, **labels)
    dataset = _open(tmp_path / "x.npz", columns=("b",))
    for split, rows in arrays.items():
        np.testing.assert_array_equal(dataset.array(split), np.float32(rows[:, 1:]))
        np.testing.assert_array_equal(dataset.labels(split), labels[f"{split}_labels"])
    np.savez(tmp_path / "x.npz", train=x, test=x)
    dataset = _open(tmp_path / "x.npz")
    assert dataset.source.columns == ("0", "1")
    assert dataset.num_examples == {"train": 27, "validation": 3, "test": 30}


def test_the_training_split_sets_the_scale(tmp_path):
    path = _write(tmp_path / "x.parquet", _columns(400))
    raw = _open(path, columns=NUMBERS)
    dataset = _open(path, columns=NUMBERS, standardize=True)
    scale = dataset.standardization
    assert scale.columns == NUMBERS and raw.standardization is None
    train = raw.array("train").astype(np.float64)
    np.testing.assert_allclose(scale.mean, train.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(scale.std, train.std(axis=0), rtol=1e-5)
    for split in SPLITS:
        np.testing.assert_allclose(
            scale.restore(dataset.array(split)), raw.array(split), rtol=1e-6
        )
    z = dataset.array("train").astype(np.float64)
    np.testing.assert_allclose(z.std(axis=0), 1.0, rtol=1e-6)
    # The test split has moments of its own.
    assert np.abs(dataset.array("test").mean(axis=0)).max() > 1e-3


def test_digits_that_float32_loses_are_kept_by_standardizing(tmp_path, capsys):
    time = 1.7e9 + np.random.default_rng(0).normal(size=100)
    path = _write(tmp_path / "x.parquet", {"time": time})
    _open(path)
    assert "warning: as float32 the columns time lose digits" in capsys.readouterr().err
    dataset = _open(path, standardize=True)
    assert capsys.readouterr().err == ""
    z = np.concatenate([dataset.array(split) for split in SPLITS])[:, 0]
    restored = dataset.standardization.restore(z[:, None])[:, 0]
    np.testing.assert_allclose(np.sort(restored), np.sort(time), rtol=0, atol=2e-6)


def _with(**changes):
    columns = {name: _columns()[name] for name in NUMBERS}
    for name, value in changes.items():
        columns[name] = value
    return columns


_GAP = [None, *range(39)]
_NAN = np.array([1.0, np.nan, np.inf, *range(37)])


@pytest.mark.parametrize(
    "columns, settings, problem",
    [
        (_columns(), {}, "these are not: city .string.. Leave it out: --columns=age,h"),
        (_with(flag=[True, False] * 20), {}, "flag .bool.*, give --label_column=flag"),
        (_with(gap=_GAP), {}, "gap .1 of 40 rows, first row 0.*--columns=age,height,w"),
        (_with(nan=_NAN), {}, "nan .2 of 40 rows, first row 1, counted from 0."),
        (
            _with(same=[7] * 40),
            {},
            "these are constant: same. Leave it out: --colu",
        ),
        (_with(), {"columns": ("hight",)}, "no column 'hight'; .* mean 'height'"),
        (_with(), {"label_column": "kind"}, "no column 'kind'; it has age, height, we"),
        (_with(), {"label_column": "height"}, "must hold whole numbers or texts; got"),
        (_with(gap=_GAP), {"label_column": "gap"}, "must not have missing values"),
        (_with(age=[None] * 40), {}, "age .40 of 40 rows"),
        (_with(age=range(40)), {"label_column": "age", "columns": ("age",)}, "in both"),
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_wrong_column_is_named(tmp_path, suffix, columns, settings, problem):
    path = _write(tmp_path / f"x{suffix}", columns)
    with pytest.raises(ValueError, match=problem) as error:
        _open(path, **settings)
    assert "\n" not in str(error.value)


def test_a_column_that_only_varies_elsewhere_is_constant(tmp_path):
    train = np.random.default_rng(0).normal(size=(20, 2))
    train[:, 1] = 0.1
    np.savez(tmp_path / "x.npz", train=train, validation=train + 1, test=train)
    with pytest.raises(ValueError, match="in the training split; .* constant: 1. Leav"):
        _open(tmp_path / "x.npz", standardize=True)


@pytest.mark.parametrize(
    "text, problem",
    [
        ("", "is damaged or has another format"),
        ("a,b\n", "must have rows; got none"),
        ("1.5,2\n3,4\n", "must name the columns; got the numbers 1.5, 2. Add a line"),
        ("a,b,a\n1,2,3\n", "got 'a' twice"),
        ("a,b,\n1,2,3\n", "that of column 2, counted from 0, is empty"),
        ("a,b\n1,2\n1,2,3\n", "has another format: .*Expected 2 columns, got 3"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, text, problem):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(ValueError, match=problem) as error:
        _open(tmp_path / "x.csv")
    assert "x.csv" in str(error.value) and "\n" not in str(error.value)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent.csv does not exist"):
        _open(tmp_path / "absent.csv")
    (tmp_path / "x.txt").write_text("a\n1\n")
    with pytest.raises(ValueError, match="must name a .csv, .parquet, .npz file"):
        _open(tmp_path / "x.txt")
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(ValueError, match="x.parquet is damaged"):
        _open(tmp_path / "x.parquet")
    np.savez(tmp_path / "x.npz", train=np.ones(3))
    with pytest.raises(ValueError, match=r"numbers \[rows, columns\], .* got float64"):
        _open(tmp_path / "x.npz")
    np.savez(tmp_path / "x.npz", train=np.ones((3, 2)), test=np.ones((3, 4)))
    with pytest.raises(ValueError, match="same columns; got 2 in train, 4 in test"):
        _open(tmp_path / "x.npz")


@pytest.mark.parametrize(
    "settings, problem",
    [
        ({"split_fractions": (0.5, 0.5)}, "three numbers TRAIN,VALIDATION,TEST"),
        ({"split_fractions": (0.5, 0.2, 0.2)}, "add up to 1"),
        ({"split_fractions": (0.0, 0.5, 0.5)}, "the first above 0"),
        ({"columns": ()}, "at least one column"),
        ({"columns": ("a", "a")}, "a column once; got 'a'"),
    ],
)
def test_settings_are_checked_before_the_file_is_read(settings, problem):
    with pytest.raises(ValueError, match=problem):
        DataConfig("table", "absent.csv", **settings)


@pytest.mark.parametrize("name", ["columns", "label_column", "standardize"])
def test_settings_of_tables_are_refused_elsewhere(name):
    value = {"columns": ("a",), "label_column": "a", "standardize": True}[name]
    with pytest.raises(ValueError, match=f"`{name}` only applies to --dataset=table;"):
        DataConfig("digits", **{name: value})
