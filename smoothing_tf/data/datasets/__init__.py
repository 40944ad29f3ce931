"""The data sets by name; a new one is a folder here and a line below."""

from smoothing_tf.data.datasets.digits import Digits
from smoothing_tf.data.datasets.photos import Photos
from smoothing_tf.data.datasets.toys import TOYS
from smoothing_tf.data.source import (
    source_from_builder,
    source_from_directory,
    source_from_folder,
)

# name -> function of data_dir that opens the data set, preparing it if need be.
DATASETS = {
    "digits": lambda data_dir: source_from_builder(Digits(data_dir=data_dir)),
    "photos": lambda data_dir: source_from_builder(Photos(data_dir=data_dir)),
    **TOYS,
    "directory": source_from_directory,
    "folder": source_from_folder,
}

# These have no place of their own: `data_dir` must name it.
DATASETS_IN_DATA_DIR = ("directory", "folder")
