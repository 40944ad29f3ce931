"""CelebA, from a data set of TFDS of the same layout with a few images."""

import numpy as np
import tensorflow_datasets as tfds

from smoothing_tf.data import downloads
from smoothing_tf.data.dataset import DataConfig, open_dataset
from smoothing_tf.data.datasets.celeba.celeba import shrink

NUM_EXAMPLES = {"train": 12, "validation": 5, "test": 3}


def test_splits_share_out_all_images_once(tmp_path, monkeypatch):
    def examples(first, number):
        features = tfds.builder_cls("celeb_a")(data_dir=tmp_path).info.features
        for index in range(first, first + number):
            rest = {
                group: dict.fromkeys(features[group], 0)
                for group in ("attributes", "landmarks", "identity")
            }
            image = np.full((218, 178, 3), 10 * index, np.uint8)
            yield index, {"image": image, **rest}

    def split_generators(self, dl_manager):
        first = np.cumsum([0, *NUM_EXAMPLES.values()])
        return {
            split: examples(int(first[i]), number)
            for i, (split, number) in enumerate(NUM_EXAMPLES.items())
        }

    monkeypatch.setattr(
        tfds.builder_cls("celeb_a"), "_split_generators", split_generators
    )
    monkeypatch.setattr(downloads, "_check_network", lambda builder: None)
    dataset = open_dataset(DataConfig("celeba", str(tmp_path)))
    assert dataset.event_shape == (32, 32, 3) and dataset.num_levels == 256
    assert dataset.num_examples == {"train": 14, "validation": 4, "test": 2}
    values = np.concatenate(
        [dataset.array(split).mean((1, 2, 3)) for split in NUM_EXAMPLES]
    )
    # The images are JPEG, so levels are not exact.
    np.testing.assert_allclose(np.sort(values), 10 * np.arange(20), atol=2)


def test_a_face_is_cropped_at_the_center_and_averaged():
    image = np.zeros((218, 178, 3), np.uint8)
    image[39:179, 19:159] = 200
    small = shrink(image)
    assert small.shape == (32, 32, 3) and small.dtype == np.uint8
    np.testing.assert_array_equal(small, 200)
    stripes = np.zeros((218, 178, 3), np.uint8)
    stripes[::2] = 200
    np.testing.assert_allclose(shrink(stripes)[4:-4], 100, atol=5)
