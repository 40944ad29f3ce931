"""The 1,797 handwritten digits that scikit-learn ships, as a TFDS builder."""

import numpy as np
import tensorflow_datasets as tfds
from sklearn.datasets import load_digits

# The rest, 1,347 images, is the training split.
_NUM_VALIDATION = 150
_NUM_TEST = 300
_SPLIT_SEED = 0


class Digits(tfds.core.GeneratorBasedBuilder):
    """Images 8x8x1 of the levels 0, ..., 16, with their classes.

    The splits are cut from one permutation of the images by numpy's PCG64, which
    is the same on every machine and in every version.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "1,347 training, 150 validation and 300 test images."}

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description=(
                "Test part of the Optical Recognition of Handwritten Digits data:"
                " 1,797 bitmaps of 43 writers, reduced to 8x8 counts from 0 to 16."
                " A pixel holds the count itself, not a grey level of 255."
            ),
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(8, 8, 1), dtype=np.uint8),
                    "label": tfds.features.ClassLabel(num_classes=10),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://archive.ics.uci.edu/dataset/80",
            citation=(
                "@misc{alpaydin1998optical, title={Optical Recognition of Handwritten"
                " Digits}, author={Alpaydin, E. and Kaynak, C.}, year={1998},"
                " publisher={UCI Machine Learning Repository},"
                " doi={10.24432/C50P49}}"
            ),
            metadata=tfds.core.MetadataDict(num_levels=17),
        )

    def _split_generators(self, dl_manager):
        del dl_manager  # The images come with scikit-learn.
        digits = load_digits()
        images = digits.images.astype(np.uint8)[..., np.newaxis]
        order = np.random.Generator(np.random.PCG64(_SPLIT_SEED)).permutation(
            len(images)
        )
        test, validation, train = np.split(
            order, [_NUM_TEST, _NUM_TEST + _NUM_VALIDATION]
        )
        splits = {"train": train, "validation": validation, "test": test}
        return {
            name: self._generate_examples(images, digits.target, indices)
            for name, indices in splits.items()
        }

    def _generate_examples(self, images, labels, indices):
        for i in indices:
            yield int(i), {"image": images[i], "label": int(labels[i])}
