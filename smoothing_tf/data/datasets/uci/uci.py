"""The tables of the published comparisons of density models, from their usual files.

The files are those that were distributed with masked autoregressive flows. Columns,
order, noise, splits and scale are those of that publication, so that a likelihood can
be compared with the published ones, which are on the standardized data. BSDS300 is
distributed as it is modeled.

Reference: Papamakarios, Pavlakou, Murray, "Masked Autoregressive Flow for Density
Estimation", NeurIPS 2017, appendix D; the files: https://zenodo.org/record/1161203.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Callable

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.csv

from smoothing_tf.data.array_file import ArrayInFile, read_array_file
from smoothing_tf.data.source import Source, source_from_arrays
from smoothing_tf.data.splits import SPLITS
from smoothing_tf.os_errors import naming

# Split -> rows.
_Splits = dict[str, np.ndarray]

# The permutation and the noise of POWER are drawn by numpy's legacy generator.
_POWER_SEED = 42
# Columns of the file: global active and reactive power, voltage, intensity, three
# sub-meters, time of day. The reactive power and the intensity are not modeled.
_POWER_DROPPED = (1, 3)
_POWER_NUM_COLUMNS = 8
# A column of HEPMASS is dropped where its smallest value occurs more often.
_HEPMASS_MAX_COUNT = 5


@dataclasses.dataclass(frozen=True)
class _Layout:
    """How a table is distributed.

    Attributes:
      files: names of its files.
      read: function from their paths to the splits.
    """

    files: tuple[str, ...]
    read: Callable[..., _Splits]


def uci_source(name: str, data_dir: str) -> Source:
    """Opens a table.

    Args:
      name: key of UCI.
      data_dir: directory of its files, or the directory that holds this one under its
        usual name, e.g. the directory `data` of the distribution.

    Raises:
      ValueError: files are missing, damaged or hold something else.
    """
    layout = _LAYOUTS[name]
    root = pathlib.Path(data_dir)
    places = (root, root / name, root / name.upper())
    for place in places:
        paths = [place / file for file in layout.files]
        if all(path.is_file() for path in paths):
            arrays = {
                split: np.ascontiguousarray(x, np.float32)
                for split, x in layout.read(*paths).items()
            }
            _check_rows(arrays, name, place)
            return source_from_arrays(name, arrays, num_levels=None)
    raise ValueError(
        f"`data_dir` must hold {' and '.join(layout.files)} of {name}, themselves or in"
        f" a folder {name} or {name.upper()}; got {data_dir}. The files are at"
        " https://zenodo.org/record/1161203."
    )


def _power(path: pathlib.Path) -> _Splits:
    data = _read_npy(path)
    if data.shape[1] != _POWER_NUM_COLUMNS:
        raise ValueError(
            f"{path} must have {_POWER_NUM_COLUMNS} columns; got {data.shape[1]}."
        )
    rng = np.random.RandomState(_POWER_SEED)
    rng.shuffle(data)
    n = len(data)
    data = np.delete(data, _POWER_DROPPED, axis=1)
    # The file holds rounded values: the noise, in this order, fills the gaps.
    voltage = 0.01 * rng.rand(n, 1)
    active_power = 0.001 * rng.rand(n, 1)
    meters = rng.rand(n, 3)
    time = np.zeros((n, 1))
    data = data + np.hstack((active_power, voltage, meters, time))
    return _standardized_together(_cut_tenths(data, path))


def _miniboone(path: pathlib.Path) -> _Splits:
    return _standardized_together(_cut_tenths(_read_npy(path), path))


def _hepmass(train_path: pathlib.Path, test_path: pathlib.Path) -> _Splits:
    train, test = _read_hepmass(train_path), _read_hepmass(test_path)
    # The test file has one column more.
    test = test[:, :-1]
    if test.shape[1] != train.shape[1] or len(train) < 2:
        raise ValueError(
            f"{test_path} must have one column more than {train_path}, which must have"
            f" signals; got {test.shape[1] + 2} and {train.shape[1] + 1} columns, and"
            f" {len(train)} signals."
        )
    mean, std = train.mean(axis=0), train.std(axis=0, ddof=1)
    if not np.all(std > 0):
        raise ValueError(f"A column of {train_path} is constant. Is it another file?")
    train, test = (train - mean) / std, (test - mean) / std
    # As published: how often the smallest value of a column occurs, not any value.
    counts = (train == train.min(axis=0)).sum(axis=0)
    kept = counts <= _HEPMASS_MAX_COUNT
    if not kept.any():
        raise ValueError(
            f"Every column of {train_path} repeats its smallest value. Is it another"
            " file?"
        )
    train, test = train[:, kept], test[:, kept]
    train, validation = _cut_tenth(train)
    return {"train": train, "validation": validation, "test": test}


def _read_hepmass(path: pathlib.Path) -> np.ndarray:
    """Reads the columns behind the label, float64, of the rows with the label 1.

    The first line decides how many columns there are: further fields of a row are left
    out, and missing ones are NaN.
    """
    with naming(path), open(path, encoding="utf-8", errors="replace") as file:
        num_columns = len(file.readline().split(","))
    options = pyarrow.csv.ReadOptions(skip_rows=1, autogenerate_column_names=True)
    try:
        rows = pyarrow.csv.read_csv(path, read_options=options)
        values = [
            rows.column(i).cast(pa.float64()).to_numpy()
            for i in range(min(num_columns, rows.num_columns))
        ]
    except pa.ArrowException as error:
        reason = (str(error).splitlines() or ["unreadable"])[0].rstrip(".")
        raise ValueError(f"{path} is not a table of numbers: {reason}.") from error
    values += [np.full(rows.num_rows, np.nan)] * (num_columns - len(values))
    table = np.stack(values, axis=1)
    return table[table[:, 0] == 1.0, 1:]


def _bsds300(path: pathlib.Path) -> _Splits:
    try:
        with h5py.File(path, "r") as file:
            missing = [split for split in SPLITS if split not in file]
            if missing:
                raise ValueError(
                    f"{path} must hold the data sets {', '.join(SPLITS)}; it lacks"
                    f" {', '.join(missing)}."
                )
            splits = {split: np.asarray(file[split]) for split in SPLITS}
    except OSError as error:
        raise ValueError(
            f"{path} is not an HDF5 file, or is damaged; copy it again."
        ) from error
    for split, x in splits.items():
        _check_matrix(x, f"{path}, {split},")
    return splits


def _read_npy(path: pathlib.Path) -> np.ndarray:
    """Reads a matrix of a .npy file into memory, as float64."""
    arrays = read_array_file(path)
    if set(arrays) != {""}:
        raise ValueError(f"{path} must be a .npy file; got a .npz file.")
    array = arrays[""]
    values = array.open() if isinstance(array, ArrayInFile) else array
    _check_matrix(values, str(path))
    return np.array(values, np.float64)


def _check_matrix(x: np.ndarray, place: str) -> None:
    if x.ndim != 2 or not x.size or x.dtype.kind not in "fiu":
        raise ValueError(
            f"{place} must be numbers [rows, columns]; got {x.dtype} {list(x.shape)}."
        )


def _cut_tenths(data: np.ndarray, path: pathlib.Path) -> _Splits:
    """Cuts the last tenth for testing, then a tenth of the rest for validation."""
    if len(data) < 20:
        raise ValueError(f"{path} must have at least 20 rows; got {len(data)}.")
    rest, test = _cut_tenth(data)
    train, validation = _cut_tenth(rest)
    return {"train": train, "validation": validation, "test": test}


def _cut_tenth(data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    number = max(1, int(0.1 * len(data)))
    return data[:-number], data[-number:]


def _standardized_together(splits: _Splits) -> _Splits:
    """Standardizes by the moments of training and validation rows together."""
    known = np.concatenate([splits["train"], splits["validation"]])
    mean, std = known.mean(axis=0), known.std(axis=0)
    if not np.all(std > 0):
        column = int(np.argmin(std))
        raise ValueError(
            f"Column {column} of the table, counted from 0, is constant. Is it another"
            " file?"
        )
    return {split: (x - mean) / std for split, x in splits.items()}


def _check_rows(arrays: _Splits, name: str, place: pathlib.Path) -> None:
    for split, x in arrays.items():
        if not len(x):
            raise ValueError(f"The split {split!r} of {name} in {place} has no rows.")


_LAYOUTS = {
    "power": _Layout(("data.npy",), _power),
    "hepmass": _Layout(("1000_train.csv", "1000_test.csv"), _hepmass),
    "miniboone": _Layout(("data.npy",), _miniboone),
    "bsds300": _Layout(("BSDS300.hdf5",), _bsds300),
}
# name -> function of data_dir, the lines of DATASETS.
UCI: dict[str, Callable[[str], Source]] = {
    name: functools.partial(uci_source, name) for name in _LAYOUTS
}
