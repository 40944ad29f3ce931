"""Folders of image files for tests."""

import os
import pathlib
from collections.abc import Callable

import numpy as np
from PIL import Image

SPLITS = ("train", "validation", "test")

Save = Callable[[np.ndarray, pathlib.Path, int], None]


def folder(
    root: os.PathLike, save: Save, n: int = 24, ext: str = "png"
) -> dict[str, np.ndarray]:
    """Writes `n` files of random 8x8 colors into each of the three splits.

    Args:
      root: the folder to make.
      save: writes the picture uint8 [8, 8, 3] of a number to a path.
      n: files of each split.
      ext: suffix of the files.

    Returns:
      Split -> uint8 [n, 8, 8, 3], the pictures in the order of their files.
    """
    rng = np.random.default_rng(0)
    pictures = {}
    for split in SPLITS:
        directory = pathlib.Path(root, split)
        directory.mkdir(parents=True)
        pictures[split] = rng.integers(0, 256, (n, 8, 8, 3), dtype=np.uint8)
        for i, picture in enumerate(pictures[split]):
            save(picture, directory / f"{i:03d}.{ext}", i)
    return pictures


def color(picture: np.ndarray, path: pathlib.Path, number: int) -> None:
    """Saves all channels."""
    del number
    Image.fromarray(picture).save(path)


def grey(picture: np.ndarray, path: pathlib.Path, number: int) -> None:
    """Saves the first channel."""
    del number
    Image.fromarray(picture[..., 0]).save(path)
