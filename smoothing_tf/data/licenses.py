"""The licenses of the data sets that are known by name."""

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
