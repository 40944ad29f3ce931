"""A folder of image files with known flaws, of any size.

python -m tests.testing.flawed_pictures DIR NUMBER
"""

import dataclasses
import io
import itertools
import pathlib
import sys

import numpy as np
from PIL import Image

_SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
# In the order of their names, which is that of the files.
_CLASSES = ("0 stars", "a.b", "ship", "ü")
_SHAPE, _OTHER_SHAPE = (16, 16, 3), (12, 16, 3)
_TRUNCATED = _OTHER_SIZE = _REPEATED = 0.01
_LEAKED = 0.001


@dataclasses.dataclass(frozen=True)
class FlawedPictures:
    """What is wrong with the files of a folder, by their paths relative to it.

    Attributes:
      num_files: split -> number of files.
      truncated: files that end too early.
      other_size: files of another shape than most.
      repeated: a file -> an earlier one of the same split with the same pixels.
      leaked: a file of the test split -> one of train with the same pixels.
    """

    num_files: dict[str, int]
    truncated: frozenset[str]
    other_size: frozenset[str]
    repeated: dict[str, str]
    leaked: dict[str, str]


def write_flawed_pictures(
    root: pathlib.Path, num_files: int, seed: int = 0
) -> FlawedPictures:
    """Writes PNG files of random pixels, 16x16x3, in folders of splits and classes.

    1 % are truncated, 1 % have another size, 1 % repeat the pixels of a file of their
    split and 0.1 % of the files, all in test, those of a file of train. Copies differ
    in their bytes. No file has two flaws.

    Args:
      root: folder to write.
      num_files: number of files; at least 1,000 for one leak.
      seed: seed of the pixels and the flaws.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    numbers = {split: round(share * num_files) for split, share in _SHARES.items()}
    paths = []
    for split, number in numbers.items():
        for name in _CLASSES:
            (root / split / name).mkdir(parents=True)
        paths += [
            f"{split}/{_CLASSES[i * len(_CLASSES) // number]}/{i:06d}.png"
            for i in range(number)
        ]
    flaws = _draw_flaws(rng, paths)
    copies = flaws.repeated | flaws.leaked
    # Copies come after what they copy: earlier in the split, or in train.
    kept: dict[str, np.ndarray] = {}
    sources = set(copies.values())
    for path in paths:
        shape = _OTHER_SHAPE if path in flaws.other_size else _SHAPE
        pixels = rng.integers(0, 256, shape, dtype=np.uint8)
        if path in copies:
            pixels = kept[copies[path]]
        if path in sources:
            kept[path] = pixels
        content = io.BytesIO()
        level = 9 if path in copies else 1
        Image.fromarray(pixels).save(content, "PNG", compress_level=level)
        encoded = content.getvalue()
        if path in flaws.truncated:
            encoded = encoded[: len(encoded) // 2]
        (root / path).write_bytes(encoded)
    return dataclasses.replace(flaws, num_files=numbers)


def _draw_flaws(rng: np.random.Generator, paths: list[str]) -> FlawedPictures:
    num_files = len(paths)
    order = [paths[i] for i in rng.permutation(num_files)]

    used: set[str] = set()

    def take(number: int, split: str = "") -> list[str]:
        unused = (p for p in order if p not in used and p.startswith(split))
        taken = list(itertools.islice(unused, number))
        used.update(taken)
        return taken

    truncated = take(round(_TRUNCATED * num_files))
    other_size = take(round(_OTHER_SIZE * num_files))
    leaks = take(round(_LEAKED * num_files), "test")
    leaked = dict(zip(leaks, take(len(leaks), "train"), strict=True))
    repeated = {}
    for split, share in _SHARES.items():
        pairs = take(2 * round(_REPEATED * share * num_files), split)
        for first, second in zip(pairs[::2], pairs[1::2], strict=True):
            repeated[max(first, second)] = min(first, second)
    return FlawedPictures(
        {}, frozenset(truncated), frozenset(other_size), repeated, leaked
    )


if __name__ == "__main__":
    write_flawed_pictures(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
