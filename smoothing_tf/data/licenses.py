"""The licenses of the data sets that are known by name."""

import re

from smoothing_tf.data.dataset_names import TFDS_PREFIX

_UCI = "CC BY 4.0, from the UCI Machine Learning Repository"
_TOY = "Made by this library"
_RESEARCH = "For non-commercial research only"

# Data set -> its license, as its authors or distributors state it. Files of the user
# have none that is known here.
LICENSES = {
    "digits": _UCI,
    "photos": "CC BY 2.0, two photographs that scikit-learn ships",
    "checkerboard": _TOY,
    "olympics": _TOY,
    "ring": _TOY,
    "rings": _TOY,
    "spikes": _TOY,
    "mnist": "CC BY-SA 3.0",
    "cifar10": "Its authors state no license",
    "fashion_mnist": "MIT, Copyright 2017 Zalando SE",
    "celeba": _RESEARCH,
    "power": _UCI,
    "hepmass": _UCI,
    "miniboone": _UCI,
    "bsds300": _RESEARCH,
}


def find_license(dataset: str) -> str | None:
    """Returns the license of a data set that is known by name, or None.

    Args:
      dataset: the value of --dataset. The name that data are stored with does not
        count: that of a folder of the user may be the name of a known data set.
    """
    if dataset.startswith(TFDS_PREFIX):
        dataset = re.split("[/:]", dataset.removeprefix(TFDS_PREFIX))[0]
    return LICENSES.get(dataset)
