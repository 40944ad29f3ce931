"""Evaluations that were never computed, written as `evaluate` writes them."""

import json
import pathlib
from typing import Any

import numpy as np

FLAGS = {"seed": "0", "dataset": "tiny", "num_levels": "4", "split": "test"}
SCORES = np.array([1.0, 2.0, 3.0, 4.0])


def write_run(
    directory: pathlib.Path,
    scores: np.ndarray = SCORES,
    *,
    flags: dict[str, str] | None = None,
    index: np.ndarray | None = None,
    digest: str | None = "ab" * 32,
    changes: dict[str, Any] | None = None,
    extractor: str = "cd" * 32,
) -> str:
    """Writes DIRECTORY/evaluation and returns the directory's name.

    Args:
      directory: the run's directory.
      scores: bits per dimension of each image.
      flags: flags of the run that are not those of `FLAGS`.
      index: positions of the images; None for the first ones.
      digest: digest of the scored examples; None for an older version.
      changes: fields of the metric `bits_per_dim` that are other ones.
      extractor: SHA-256 of the extractor.
    """
    evaluation = directory / "evaluation"
    evaluation.mkdir(parents=True)
    all_flags = FLAGS | {"data_dir": str(directory)} | (flags or {})
    about = {
        "dataset": "tiny",
        "flags": [f"--{name}={value}" for name, value in all_flags.items()],
        "steps": {"smoothed": 5},
    }
    if digest is not None:
        about["scored_sha256"] = digest
    direction = {"direction": "lower is better", "split": "test", "n": len(scores)}
    bound = direction | {
        "value": float(scores.mean()),
        "se": 0.5,
        "unit": "bits per dimension",
        "bound": True,
        "k": 1,
    }
    distance = direction | {
        "value": 1.5,
        "se": 0.1,
        "samples": "samples",
        "extractor": {"id": "randconv", "sha256": extractor},
    }
    metrics = {
        "bits_per_dim": bound | (changes or {}),
        "fd_randconv": distance,
        "run": about,
    }
    (evaluation / "metrics.json").write_text(json.dumps(metrics))
    np.savez(
        evaluation / "per_image.npz",
        index=np.arange(len(scores)) if index is None else index,
        bits_per_dim=scores,
    )
    return str(directory)
