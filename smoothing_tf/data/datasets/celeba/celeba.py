"""CelebA at 32x32, made of the data set `celeb_a` of TFDS."""

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from smoothing_tf.data.downloads import download

_SIZE = 32
_CROP = 140
# Fractions of all images, shuffled; the rest is the validation split.
_TRAIN, _TEST = 0.7, 0.1
_SPLIT_SEED = 0


class CelebA32(tfds.core.GeneratorBasedBuilder):
    """Faces 32x32x3 of 256 levels: a center crop of 140x140, reduced.

    The shares of the splits are the published ones; the published order is not
    known, so which images are in a split is ours: one permutation by numpy's PCG64.

    Reference: Meng et al., "Improved Autoregressive Modeling with Distribution
    Smoothing", ICLR 2021.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {
        "1.0.0": "141,819 training, 20,260 test and 40,520 validation images."
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="CelebA, center crop of 140x140, reduced to 32x32.",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(
                        shape=(_SIZE, _SIZE, 3), dtype=np.uint8
                    ),
                }
            ),
            homepage="https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
            citation=(
                "@inproceedings{liu2015faceattributes, title={Deep Learning Face"
                " Attributes in the Wild}, author={Liu, Ziwei and Luo, Ping and Wang,"
                " Xiaogang and Tang, Xiaoou}, booktitle={ICCV}, year={2015}}"
            ),
            metadata=tfds.core.MetadataDict(num_levels=256),
        )

    def _split_generators(self, dl_manager):
        del dl_manager  # `celeb_a` has its own.
        whole = download("celeb_a", self._data_dir_root)
        splits = whole.info.splits
        total = sum(split.num_examples for split in splits.values())
        order = np.random.Generator(np.random.PCG64(_SPLIT_SEED)).permutation(total)
        num_train, num_test = round(_TRAIN * total), round(_TEST * total)
        train, test, validation = np.split(order, [num_train, num_train + num_test])
        members = {"train": train, "validation": validation, "test": test}
        return {
            name: self._generate_examples(whole, np.isin(np.arange(total), indices))
            for name, indices in members.items()
        }

    def _generate_examples(self, whole, is_member):
        index = 0
        for split in sorted(whole.info.splits):
            # In stored order; images of other splits are not decoded.
            examples = whole.as_dataset(
                split=split,
                decoders=tfds.decode.PartialDecoding(
                    {"image": True}, decoders={"image": tfds.decode.SkipDecoding()}
                ),
                read_config=tfds.ReadConfig(interleave_cycle_length=1),
            )
            for example in examples.as_numpy_iterator():
                if is_member[index]:
                    image = tf.io.decode_image(example["image"]).numpy()
                    yield index, {"image": shrink(image)}
                index += 1


def shrink(image: np.ndarray) -> np.ndarray:
    """The center 140x140 of uint8 [h, w, 3], reduced to uint8 [32, 32, 3]."""
    top, left = ((size - _CROP) // 2 for size in image.shape[:2])
    crop = image[top : top + _CROP, left : left + _CROP]
    small = tf.image.resize(crop, [_SIZE, _SIZE], antialias=True)
    return tf.saturate_cast(tf.round(small), tf.uint8).numpy()
