"""Where our own code is: the library alone where it is installed, else a checkout."""

import pathlib

# The directory that holds the package smoothing_tf.
ROOT = pathlib.Path(__file__).resolve().parents[1]

# Next to an installed library, packages of the other names are somebody else's.
_IS_CHECKOUT = (ROOT / "setup.py").is_file()
PACKAGES: tuple[str, ...] = ("smoothing_tf",)
if _IS_CHECKOUT:
    PACKAGES += ("experiments", "components", "pipeline", "benchmarks")
