"""The tables that scikit-learn ships, as files and as data sets."""

import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.csv
from sklearn import datasets

from smoothing_tf.artifacts import atomic_file
from smoothing_tf.data.dataset import DataConfig, Dataset, open_dataset

_LOADERS = {
    "breast_cancer": datasets.load_breast_cancer,
    "wine": datasets.load_wine,
}
# Of so few rows a tenth would be too little to tell models apart.
SPLIT_FRACTIONS = (0.6, 0.2, 0.2)
LABEL_COLUMN = "class"


def write_table(name: str, directory: pathlib.Path) -> pathlib.Path:
    """Writes a table of scikit-learn as DIRECTORY/NAME.csv.

    The columns are the measurements, with underscores in their names, and the name of
    the class in the column "class".
    """
    loaded = _LOADERS[name]()
    columns = {
        str(column).replace(" ", "_"): values
        for column, values in zip(loaded.feature_names, loaded.data.T, strict=True)
    }
    columns[LABEL_COLUMN] = [str(loaded.target_names[i]) for i in loaded.target]
    path = directory / f"{name}.csv"
    with atomic_file(path) as temporary:
        pyarrow.csv.write_csv(pa.table(columns), temporary)
    return path


def open_table(path: str | pathlib.Path) -> Dataset:
    """Opens the measurements of a table, standardized, as the experiment splits it."""
    return open_dataset(
        DataConfig(
            "table",
            str(path),
            split_fractions=SPLIT_FRACTIONS,
            label_column=LABEL_COLUMN,
            standardize=True,
        )
    )


def gaussian_log_prob(train: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Computes the density of the Gaussian of maximum likelihood.

    Args:
      train: rows [n, d] that give mean and covariance.
      x: rows [m, d].

    Returns:
      log density of each row of `x`, nats, float64 [m].
    """
    train, x = np.asarray(train, np.float64), np.asarray(x, np.float64)
    covariance = np.cov(train, rowvar=False, ddof=0)
    factor = np.linalg.cholesky(covariance)
    whitened = np.linalg.solve(factor, (x - train.mean(axis=0)).T)
    log_determinant = 2.0 * np.sum(np.log(np.diag(factor)))
    num_columns = train.shape[1]
    return -0.5 * (
        np.sum(whitened**2, axis=0)
        + log_determinant
        + num_columns * np.log(2.0 * np.pi)
    )
