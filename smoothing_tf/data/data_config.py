"""Settings that name a data set and say how to read it."""

import dataclasses
import math
from typing import Any

from smoothing_tf.data.dataset_names import (
    DATASET_NAMES,
    TFDS_PREFIX,
    check_tfds_name,
)
from smoothing_tf.limits import MAX_LEVELS
from smoothing_tf.settings import setting, text_of, validate

# Setting -> the data sets that it applies to; `open_dataset` passes it to these only.
_APPLIES_TO = {
    "image_mode": ("folder",),
    "image_size": ("folder",),
    "num_levels": ("folder", "arrays"),
    "split_fractions": ("arrays", "table"),
    "columns": ("table",),
    "label_column": ("table",),
    "standardize": ("table",),
}


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """The data set, where it is, and the conversion of its images or columns."""

    dataset: str = setting(
        "digits",
        "Data set. `directory` is any prepared TFDS directory, `folder` a folder of"
        " image files in sub-folders train, validation and test, `arrays` a .npz or"
        " .npy file, `table` a .csv, .parquet or .npz file."
        " tfds:NAME[/CONFIG][:VERSION] is a data set of TensorFlow Datasets.",
        choices=DATASET_NAMES,
        open_choices=(f"{TFDS_PREFIX}NAME",),
    )
    data_dir: str | None = setting(
        None,
        "Directory of the data set, or the file of `arrays` and `table`; empty for the"
        " default directory of TFDS.",
        none_name="",
        is_path=True,
    )
    image_mode: str = setting(
        "auto",
        "With --dataset=folder: convert images to `grey` or `color`; `auto` picks"
        " whichever most training images are.",
        choices=("auto", "grey", "color"),
    )
    image_size: tuple[int, ...] | None = setting(
        None,
        "With --dataset=folder: HEIGHT,WIDTH of the images, by a central crop to that"
        " aspect ratio and an antialiased bicubic resize; `none` keeps their size.",
        minimum=1,
    )
    num_levels: int | None = setting(
        None,
        "With --dataset=folder or arrays: L, the number of levels of the images. A"
        " value i from 0 to 255 becomes round(i (L - 1) / 255); a 16-bit value v of a"
        " file first becomes round(v / 257). Use 2 for black-and-white pictures, 256"
        " for 16-bit files. `auto` keeps the 256 levels of 8-bit files and rejects"
        " others.",
        minimum=2,
        maximum=MAX_LEVELS,
        none_name="auto",
    )
    split_fractions: tuple[float, ...] = setting(
        (0.8, 0.1, 0.1),
        "With --dataset=arrays or table: TRAIN,VALIDATION,TEST, the shares of a single"
        " array or table that is not split yet; they add up to 1.",
        minimum=0.0,
        maximum=1.0,
    )
    columns: tuple[str, ...] | None = setting(
        None,
        "With --dataset=table: names of the columns to model, in this order; `all`"
        " takes all but the label column.",
        none_name="all",
    )
    label_column: str | None = setting(
        None,
        "With --dataset=table: name of the column with the class of each row, which is"
        " not modeled; empty for none.",
        none_name="",
    )
    standardize: bool = setting(
        False,
        "With --dataset=table: subtract the mean and divide by the standard deviation"
        " of each column in the training split. Samples are converted back.",
    )
    cache_dir: str | None = setting(
        None,
        "Directory for decoded records, which are mapped into memory; empty for"
        " DATA.decoded next to the data, and for splits of at most 256 MiB in memory."
        " No effect on data that are not decoded, such as arrays in memory; not for the"
        " pipeline.",
        none_name="",
        is_path=True,
    )

    def __post_init__(self):
        validate(self)
        if self.dataset.startswith(TFDS_PREFIX):
            check_tfds_name(self.dataset)
        if self.image_size is not None and len(self.image_size) != 2:
            raise ValueError(
                "`image_size` must be two numbers, HEIGHT,WIDTH; got"
                f" {','.join(map(str, self.image_size))}."
            )
        self._check_fractions()
        if self.columns is not None:
            self._check_columns(self.columns)
        for name, datasets in _APPLIES_TO.items():
            field = type(self).__dataclass_fields__[name]
            value = getattr(self, name)
            if self.dataset not in datasets and value != field.default:
                applies = " and ".join(f"--dataset={dataset}" for dataset in datasets)
                raise ValueError(
                    f"`{name}` only applies to {applies}; got {text_of(field, value)}"
                    f" with --dataset={self.dataset}. Drop it."
                )

    @property
    def options(self) -> dict[str, Any]:
        """The settings that apply to the data set besides its directory."""
        return {
            name: getattr(self, name)
            for name, datasets in _APPLIES_TO.items()
            if self.dataset in datasets
        }

    def _check_fractions(self) -> None:
        shares = self.split_fractions
        is_whole = math.isclose(sum(shares), 1.0, abs_tol=1e-6)
        if len(shares) != 3 or not is_whole or not shares[0]:
            raise ValueError(
                "`split_fractions` must be three numbers TRAIN,VALIDATION,TEST that add"
                " up to 1, the first above 0; got"
                f" {','.join(f'{share:g}' for share in shares)}."
            )

    def _check_columns(self, columns: tuple[str, ...]) -> None:
        if not columns:
            raise ValueError("`columns` must name at least one column; got none.")
        for name in columns:
            if columns.count(name) > 1:
                raise ValueError(f"`columns` must name a column once; got {name!r}.")
        if self.label_column in columns:
            raise ValueError(
                f"`label_column` must not be one of --columns; got"
                f" {self.label_column!r} in both."
            )
