"""Finds, writes and removes the files of a stage's checkpoints."""

import pathlib
import re
import shutil
import tempfile

import tensorflow as tf

from smoothing_tf import artifacts

CHECKPOINT_DIRECTORY = "checkpoints"
# Checkpoints of finite weights from which training diverged.
DIVERGED_DIRECTORY = "diverged"

# TensorFlow's own list of checkpoints, for its tools; this library never reads it.
_LIST_FILE = "checkpoint"
_FILE = re.compile(r"ckpt-(\d+)\.(?:index|data-\d{5}-of-\d{5})")
# Temporary files of ours, of tf.train.CheckpointManager, and of its list.
_LEFTOVER = re.compile(
    r"\.ckpt-\d+\.tmp-\w{8}|ckpt-\d+_temp|checkpoint\.tmp[0-9a-f]{32}"
)


class CheckpointFiles:
    """The files of the checkpoints `ckpt-STEP` of one stage.

    Args:
      directory: the stage's directory; its checkpoints are one level below.
    """

    def __init__(self, directory: artifacts.Path):
        self.directory = pathlib.Path(directory) / CHECKPOINT_DIRECTORY

    def path(self, step: int) -> pathlib.Path:
        """Path of a checkpoint, without the suffixes of its files."""
        return self.directory / f"ckpt-{step}"

    def steps(self) -> list[int]:
        """Steps of all checkpoints, newest first; some may be damaged."""
        return sorted({step for step, _ in self._files()}, reverse=True)

    def write(self, checkpoint: tf.train.Checkpoint, step: int) -> None:
        """Writes a checkpoint that is found once it is complete."""
        artifacts.make_directory(self.directory)
        staging = pathlib.Path(
            tempfile.mkdtemp(dir=self.directory, prefix=f".ckpt-{step}.tmp-")
        )
        try:
            checkpoint.write(str(staging / f"ckpt-{step}"))
            # Without its index a checkpoint cannot be read, so the index comes last.
            for path in sorted(staging.iterdir(), key=lambda p: p.suffix == ".index"):
                path.replace(self.directory / path.name)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def write_list(self, steps: list[int]) -> None:
        """Writes TensorFlow's list of checkpoints, oldest first."""
        names = [f"ckpt-{step}" for step in steps]
        lines = [f'model_checkpoint_path: "{names[-1]}"']
        lines += [f'all_model_checkpoint_paths: "{name}"' for name in names]
        artifacts.write_text(self.directory / _LIST_FILE, "\n".join(lines) + "\n")

    def remove_older(self, step: int, keep: int | None) -> None:
        """Removes the checkpoints before `step`, except the one of step `keep`."""
        for other, path in self._files():
            if other < step and other != keep:
                path.unlink(missing_ok=True)

    def set_aside(self, after: int) -> list[int]:
        """Moves the checkpoints after a step to the directory of diverged ones.

        Returns:
          Their steps.
        """
        moved = [(step, path) for step, path in self._files() if step > after]
        # The index goes first, since training never resumes without one.
        for _, path in sorted(moved, key=lambda entry: entry[1].suffix != ".index"):
            target = artifacts.make_directory(self.directory / DIVERGED_DIRECTORY)
            path.replace(target / path.name)
        return sorted({step for step, _ in moved})

    def remove_leftovers(self) -> None:
        """Removes temporary files of killed processes; needs the stage's lock."""
        if not self.directory.is_dir():
            return
        artifacts.remove_leftovers(self.directory / _LIST_FILE)
        for path in list(self.directory.iterdir()):
            if not _LEFTOVER.fullmatch(path.name):
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _files(self) -> list[tuple[int, pathlib.Path]]:
        if not self.directory.is_dir():
            return []
        matches = (
            (_FILE.fullmatch(path.name), path) for path in self.directory.iterdir()
        )
        return [(int(match[1]), path) for match, path in matches if match]
