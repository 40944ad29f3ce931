"""Patches of the two photographs that scikit-learn ships, as a TFDS builder."""

import numpy as np
import tensorflow_datasets as tfds
from sklearn.datasets import load_sample_images

_PATCH = 32
# The photographs, 427 x 640, are cut into vertical bands; every band belongs to
# one split, so that no pixel is in two. Each split gets bands from the left, the
# middle and the right. A letter is a column of one patch width.
_BANDS = "TTTTVETTTTVETTTTVETT"
_SPLIT_OF_LETTER = {"T": "train", "V": "validation", "E": "test"}
# Training patches overlap, to have 4,400 of them instead of 364.
_STRIDE = {"train": 8, "validation": _PATCH, "test": _PATCH}


class Photos(tfds.core.GeneratorBasedBuilder):
    """Color patches 32x32x3 of 256 levels, 4,400 / 78 / 78 of them.

    Validation and test patches do not overlap; training patches, cut every 8
    pixels, overlap each other, never the other splits.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "4,400 training, 78 validation and 78 test patches."}

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description=(
                "32x32 patches of china.jpg and flower.jpg, the sample images of"
                " scikit-learn. The splits are disjoint vertical bands."
            ),
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(
                        shape=(_PATCH, _PATCH, 3), dtype=np.uint8
                    ),
                }
            ),
            homepage="https://scikit-learn.org",
            citation=(
                "@article{scikit-learn, title={Scikit-learn: Machine Learning in"
                " Python}, author={Pedregosa, F. and others}, journal={Journal of"
                " Machine Learning Research}, volume={12}, pages={2825--2830},"
                " year={2011}}"
            ),
            metadata=tfds.core.MetadataDict(num_levels=256),
        )

    def _split_generators(self, dl_manager):
        del dl_manager  # The photographs come with scikit-learn.
        photos = load_sample_images().images
        return {split: self._generate_examples(photos, split) for split in _STRIDE}

    def _generate_examples(self, photos, split):
        for i, photo in enumerate(photos):
            for top, left in patch_corners(split, *photo.shape[:2]):
                patch = photo[top : top + _PATCH, left : left + _PATCH]
                yield f"{i}-{top:03d}-{left:03d}", {"image": patch}


def patch_corners(split: str, height: int, width: int) -> list[tuple[int, int]]:
    """The top left corners of the patches of a split in one photograph."""
    stride = _STRIDE[split]
    corners = []
    for start, stop in _bands(split):
        stop = min(stop, width)
        corners += [
            (top, left)
            for top in range(0, height - _PATCH + 1, stride)
            for left in range(start, stop - _PATCH + 1, stride)
        ]
    return corners


def _bands(split: str) -> list[tuple[int, int]]:
    """The columns [start, stop) of the bands of a split."""
    letters = [_SPLIT_OF_LETTER[letter] == split for letter in _BANDS]
    edges = np.flatnonzero(np.diff([False, *letters, False])) * _PATCH
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
