"""The four IDX files of MNIST and Fashion-MNIST, with a few random images."""

import gzip
import pathlib
import struct

import numpy as np


def write_idx_files(
    directory: pathlib.Path,
    num_train: int,
    num_test: int,
    size: tuple[int, int],
    *,
    suffix: str = ".gz",
    seed: int = 0,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Writes the files; returns split -> (images [n, *size], labels [n]), uint8."""
    directory.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    written = {}
    for split, start, n in (("train", "train", num_train), ("test", "t10k", num_test)):
        images = rng.integers(0, 256, (n, *size), dtype=np.uint8)
        labels = rng.integers(0, 10, n, dtype=np.uint8)
        for name, x in (("images-idx3", images), ("labels-idx1", labels)):
            content = struct.pack(f">HBB{x.ndim}I", 0, 8, x.ndim, *x.shape)
            content += x.tobytes()
            path = directory / f"{start}-{name}-ubyte{suffix}"
            path.write_bytes(gzip.compress(content) if suffix else content)
        written[split] = images, labels
    return written
