"""The minor version of kfp whose messages and modules the local runner knows."""

import kfp

# setup.py requires it. Another one runs the pipeline as well, with kfp's own output.
KNOWN_VERSION = "2.17"


def is_known() -> bool:
    """Whether the installed kfp is of the known minor version."""
    return kfp.__version__.split(".")[:2] == KNOWN_VERSION.split(".")


def describe_unknown() -> str:
    """Says in one line what the installed version, which is not known, leaves out."""
    return (
        f"kfp {kfp.__version__} is installed, not {KNOWN_VERSION}: its own output is"
        " shown, without logs of the nodes and records for --dry_run and"
        f" pipeline.lineage. For these, pip install 'kfp=={KNOWN_VERSION}.*'."
    )
