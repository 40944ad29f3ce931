"""TensorFlow's log noise, off in command lines.

Imported before anything that imports TensorFlow. While `python -m` looks for a
module of this package, `sys.argv[0]` is "-m"; a program that imports the package
keeps its own log level.
"""

import os
import sys

if sys.argv[:1] == ["-m"]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

if int(os.environ.get("TF_CPP_MIN_LOG_LEVEL") or 0) >= 2:
    # Some lines of the import itself ignore the level.
    _stderr = os.dup(2)
    _null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(_null, 2)
    try:
        import tensorflow  # noqa: F401
    finally:
        os.dup2(_stderr, 2)
        os.close(_stderr)
        os.close(_null)
