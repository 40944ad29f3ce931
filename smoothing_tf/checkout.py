"""Locates our own code: the installed library alone, or a whole checkout."""

import pathlib

# The directory that holds the package smoothing_tf.
ROOT = pathlib.Path(__file__).resolve().parents[1]

# Next to an installed library, packages of the other names belong to somebody else.
_IS_CHECKOUT = (ROOT / "setup.py").is_file()
PACKAGES: tuple[str, ...] = ("smoothing_tf",)
if _IS_CHECKOUT:
    PACKAGES += ("experiments", "components", "pipeline", "benchmarks")
