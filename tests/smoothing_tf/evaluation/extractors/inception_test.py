import shutil

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.evaluation.extractors import (
    EXTRACTORS,
    ExtractorInputs,
    Inception,
    MissingInputError,
)
from smoothing_tf.evaluation.extractors.inception import preprocess


class _RandomInception(tf.Module):
    """A random module with the signature of the Inception graph."""

    def __init__(self, outputs=("pool_3", "logits")):
        super().__init__()
        self._outputs = outputs
        self._weights = tf.Variable(tf.random.stateless_normal([3, 2048], [1, 2]))

    @tf.function(input_signature=[tf.TensorSpec([None, 299, 299, 3], tf.float32)])
    def __call__(self, images):
        pool = tf.reduce_mean(images, axis=(1, 2), keepdims=True) @ self._weights
        outputs = {"pool_3": pool, "logits": pool[:, 0, 0, :1008]}
        return {name: outputs[name] for name in self._outputs}


def _save(path, **kwargs):
    module = _RandomInception(**kwargs)
    tf.saved_model.save(module, str(path), signatures=module.__call__)
    return str(path)


def _images(n, shape=(8, 8, 1)):
    rng = np.random.Generator(np.random.PCG64(0))
    return rng.integers(0, 256, (n, *shape), dtype=np.uint8)


def test_pool_and_logits_of_all_images_in_order(tmp_path):
    extractor = Inception(_save(tmp_path / "model"))
    features, logits = extractor.features_and_logits(_images(35))
    assert features.shape == (35, 2048)
    assert logits.shape == (35, 1008)
    np.testing.assert_allclose(
        extractor.features(_images(35)[34:]), features[34:], atol=1e-4
    )


def test_digest_is_that_of_the_files(tmp_path):
    directory = _save(tmp_path / "model")
    digest = Inception(directory).sha256
    shutil.copytree(directory, tmp_path / "copy")
    assert Inception(str(tmp_path / "copy")).sha256 == digest
    (tmp_path / "copy" / "assets" / "labels.txt").write_text("cat")
    assert Inception(str(tmp_path / "copy")).sha256 != digest


def test_resize_is_the_legacy_bilinear():
    # Without half-pixel centers output pixel i reads input position i * 8 / 299.
    image = _images(1)
    got = preprocess(tf.constant(image)).numpy()[0]
    values = image[0, :, :, 0].astype(np.float32)
    position = np.arange(299, dtype=np.float32) * np.float32(8 / 299)
    low = np.floor(position).astype(int)
    high = np.minimum(low + 1, 7)
    weight = position - low
    rows = values[low] * (1 - weight[:, None]) + values[high] * weight[:, None]
    both = rows[:, low] * (1 - weight) + rows[:, high] * weight
    assert got.shape == (299, 299, 3)
    for channel in range(3):
        np.testing.assert_allclose(got[..., channel], (both - 128) / 128, atol=1e-4)


def test_no_directory_names_the_option():
    inputs = ExtractorInputs(_images(1), None, inception_dir=None, seed=0)
    with pytest.raises(MissingInputError, match="--inception_dir"):
        EXTRACTORS["inception"](inputs)


def test_directory_without_a_model_names_the_option(tmp_path):
    with pytest.raises(FileNotFoundError, match="--inception_dir"):
        Inception(str(tmp_path))


def test_another_signature_is_rejected(tmp_path):
    with pytest.raises(ValueError, match="pool_3 and logits"):
        Inception(_save(tmp_path / "model", outputs=("logits",)))


def test_images_that_are_neither_grey_nor_color_are_refused(tmp_path):
    inputs = ExtractorInputs(_images(3, (8, 8, 2)), None, _save(tmp_path / "model"), 0)
    with pytest.raises(MissingInputError, match="these have 2 channels. Use randconv"):
        Inception.build(inputs)
