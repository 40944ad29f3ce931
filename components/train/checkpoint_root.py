"""Where a training node keeps its checkpoints, so that it resumes when started again.

An artifact's directory belongs to one run and on a cluster lies on the pod's own disk.
A root that outlives both holds a directory for each training, named by a digest of all
that its result depends on. A node that is tried again, or started by another run,
resumes there and ends with the same weights as an uninterrupted one.

Whoever runs or compiles the pipeline names the root in an environment variable and not
among the node's inputs, so that another root leaves the cache valid.
"""

import contextlib
import hashlib
import os
import pathlib
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Sequence

from components.files import SMOOTHING_FILE
from components.pods import is_in_pod
from smoothing_tf import artifacts
from smoothing_tf.os_errors import message_of_os_error

CHECKPOINT_ROOT_VARIABLE = "SMOOTHING_TF_CHECKPOINT_ROOT"
# Marks the directory of a training whose result the node has published.
_FINISHED_FILE = "finished"
# Begins the name of a directory that is being removed.
_REMOVED = ".removed-"
# For the runs that train the same at the same time, and for an upload that fails.
_KEPT_SECONDS = 7 * 24 * 3600
_CHUNK = 1 << 20


def checkpoint_root() -> pathlib.Path | None:
    """Reads the root of this node's environment; None if it has none.

    In a pod without a root it says on stderr that a retry starts over.

    Raises:
      ValueError: the root is not a directory of this machine.
    """
    text = os.environ.get(CHECKPOINT_ROOT_VARIABLE)
    if not text:
        if is_in_pod():
            print(
                "Checkpoints are on the pod's own disk: a retry of this node starts"
                " over. Compile with --checkpoint_root below a --pvc to resume.",
                file=sys.stderr,
            )
        return None
    if "://" in text:
        raise ValueError(
            "Checkpoints need a mounted directory, whose files can be locked and"
            f" renamed; {CHECKPOINT_ROOT_VARIABLE} is {text}. Compile with"
            " --checkpoint_root below a --pvc."
        )
    return pathlib.Path(text)


def digest_of_training(
    *,
    stage: str,
    flags: Sequence[str],
    data_dir: artifacts.Path,
    smoothing_dir: artifacts.Path,
    code_digest: str,
    accelerators: str,
) -> str:
    """Computes a digest of all that the weights depend on.

    The data count by their content, not by their place: another run may have ingested
    them again.

    Args:
      stage: name of the stage.
      flags: flags of the node.
      data_dir: TFDS directory written by ingest.
      smoothing_dir: directory written by augment.
      code_digest: digest of the node's code.
      accelerators: kind and number of the node's accelerators, or empty: sums over
        replicas are rounded differently, and each draws its own dropout.

    Returns:
      64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for text in (stage, code_digest, accelerators, *flags):
        digest.update(os.fsencode(f"{text}\0"))
    data_dir, smoothing_dir = pathlib.Path(data_dir), pathlib.Path(smoothing_dir)
    data = sorted(path for path in data_dir.rglob("*") if path.is_file())
    named = [(path.relative_to(data_dir), path) for path in data]
    named.append((pathlib.Path(SMOOTHING_FILE), smoothing_dir / SMOOTHING_FILE))
    for name, path in named:
        digest.update(os.fsencode(f"{name}\0{path.stat().st_size}\0"))
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def publish(
    directory: pathlib.Path, output_dir: artifacts.Path, flags_text: str
) -> None:
    """Copies the result of a training to the artifact, and marks it as finished.

    The node's runner has not recorded the success yet, and on a cluster the artifact is
    still to be uploaded, so the training is kept: if that fails, the next attempt only
    copies it again. The caller must hold the lock of the training, which keeps other
    nodes from removing it.

    Args:
      directory: directory of the training.
      output_dir: directory of the artifact; must be empty or not exist.
      flags_text: text of the artifact's flags.cfg. The one of the training names the
        data of whichever run has begun it.
    """
    with artifacts.atomic_directory(output_dir) as target:
        shutil.copytree(directory, target, dirs_exist_ok=True, ignore=_is_left_out)
        artifacts.write_text(target / artifacts.FLAGS_FILE, flags_text)
    artifacts.write_text(directory / _FINISHED_FILE, "")


def remove_finished(root: artifacts.Path, older_than: float = _KEPT_SECONDS) -> None:
    """Removes finished trainings; unfinished ones stay, for a run that resumes them.

    One that cannot be removed, e.g. another user's, stays too, as a line on stderr
    says.

    Args:
      root: the root of checkpoints, which need not exist.
      older_than: age, in seconds, from which on they are removed.
    """
    finish_removals(root)
    for marker in pathlib.Path(root).glob(f"[!.]*/{_FINISHED_FILE}"):
        with _reported(marker.parent):
            if _age(marker) >= older_than:
                _remove(marker, older_than)


def finish_removals(root: artifacts.Path) -> None:
    """Removes what is left of trainings whose removal was interrupted.

    Args:
      root: the root of checkpoints, which need not exist.
    """
    for directory in pathlib.Path(root).glob(f"{_REMOVED}*"):
        with _reported(directory), artifacts.locked(directory):
            shutil.rmtree(directory)


@contextlib.contextmanager
def _reported(directory: pathlib.Path) -> Iterator[None]:
    """Turns the error of a removal into a line on stderr."""
    try:
        yield
    except (BlockingIOError, FileNotFoundError):
        pass  # It is in use again, or another node has removed it.
    except OSError as error:
        print(
            f"The finished training {directory} could not be removed:"
            f" {message_of_os_error(error)}",
            file=sys.stderr,
        )


def _remove(marker: pathlib.Path, older_than: float) -> None:
    directory = marker.parent
    with artifacts.locked(directory):
        # Another node may have finished it again before the lock was there.
        if _age(marker) < older_than:
            return
        # Whoever waits for the lock begins a new directory, instead of training in
        # one that is disappearing.
        directory = directory.rename(
            directory.with_name(_REMOVED + directory.name + secrets.token_hex(4))
        )
        shutil.rmtree(directory)


def _age(marker: pathlib.Path) -> float:
    """The time since a training was published, in seconds."""
    return time.time() - marker.stat().st_mtime


def _is_left_out(_, names: list[str]) -> list[str]:
    """Finds the names of locks, markers and temporary files."""
    return [name for name in names if name.startswith(".") or name == _FINISHED_FILE]
