"""The licenses of the data sets that are known by name."""

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


def find_license(*names: str) -> str | None:
    """Returns the license of the first name that is known, or None.

    Args:
      *names: names of a data set: that of --dataset, and the one it was stored with.
    """
    found = (LICENSES.get(name.removeprefix(TFDS_PREFIX)) for name in names)
    return next((text for text in found if text is not None), None)
