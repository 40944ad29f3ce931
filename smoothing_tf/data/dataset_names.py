"""The names of the data sets.

Those of `smoothing_tf.data.datasets.DATASETS`, whose modules read data. Flags are read
without them.
"""

import re

# Files of the published comparisons of density models; see `datasets.uci`.
UCI_NAMES = ("power", "hepmass", "miniboone", "bsds300")
# Samples of the toy densities, the keys of `densities.DENSITIES`.
TOY_NAMES = ("checkerboard", "olympics", "ring", "rings", "spikes")
DATASET_NAMES = (
    "digits",
    "photos",
    *TOY_NAMES,
    "mnist",
    "cifar10",
    "fashion_mnist",
    "celeba",
    "directory",
    "folder",
    "arrays",
    "table",
    *UCI_NAMES,
)
# These have no default directory: `data_dir` must name one.
DATASETS_IN_DATA_DIR = ("directory", "folder", "arrays", "table", *UCI_NAMES)

# Before the name of a data set of TensorFlow Datasets.
TFDS_PREFIX = "tfds:"
_TFDS_NAME = re.compile(r"\w+(/[\w+.-]+)?(:\d+\.\d+\.\d+)?")


def check_tfds_name(dataset: str) -> None:
    """Checks the form of a name, without looking for the data set.

    Raises:
      ValueError: it is not tfds:NAME[/CONFIG][:VERSION].
    """
    if not _TFDS_NAME.fullmatch(dataset.removeprefix(TFDS_PREFIX)):
        raise ValueError(
            "`dataset` must have the form tfds:NAME[/CONFIG][:VERSION], e.g."
            f" tfds:kmnist or tfds:emnist/letters:3.1.0; got {dataset!r}."
        )
