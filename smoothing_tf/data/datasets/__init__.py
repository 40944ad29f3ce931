"""The data sets by name.

To add one, add a folder here, a line below and its name in `dataset_names`.
"""

from smoothing_tf.data.array_source import source_from_array_file
from smoothing_tf.data.datasets.celeba import CelebA32
from smoothing_tf.data.datasets.digits import Digits
from smoothing_tf.data.datasets.fashion_mnist import fashion_mnist_source
from smoothing_tf.data.datasets.photos import Photos
from smoothing_tf.data.datasets.toys import TOYS
from smoothing_tf.data.datasets.uci import UCI
from smoothing_tf.data.downloads import download, hold_out
from smoothing_tf.data.picture_format import PictureConversion
from smoothing_tf.data.prepared import make_builder
from smoothing_tf.data.source import (
    Source,
    source_from_builder,
    source_from_directory,
    source_from_folder,
)
from smoothing_tf.data.table_source import source_from_table

# These have no validation split of their own: the last training examples become it.
_NUM_VALIDATION = 5_000


def _with_validation(name: str, data_dir: str | None) -> Source:
    source = source_from_builder(download(name, data_dir))
    return hold_out(source, _NUM_VALIDATION)


def _built(builder_class, data_dir: str | None) -> Source:
    return source_from_builder(make_builder(builder_class, data_dir))


def _folder(data_dir: str, image_mode, image_size, num_levels) -> Source:
    conversion = PictureConversion(image_mode, image_size, num_levels)
    return source_from_folder(data_dir, conversion)


# name -> function of data_dir that opens the data set, preparing it if need be. It also
# takes the settings that apply to the data set; see `DataConfig.options`. The names
# are those of `DATASET_NAMES`.
DATASETS = {
    "digits": lambda data_dir: _built(Digits, data_dir),
    "photos": lambda data_dir: _built(Photos, data_dir),
    **TOYS,
    "mnist": lambda data_dir: _with_validation("mnist", data_dir),
    "cifar10": lambda data_dir: _with_validation("cifar10", data_dir),
    "fashion_mnist": fashion_mnist_source,
    "celeba": lambda data_dir: _built(CelebA32, data_dir),
    "directory": source_from_directory,
    "folder": _folder,
    "arrays": source_from_array_file,
    "table": source_from_table,
    **UCI,
}
