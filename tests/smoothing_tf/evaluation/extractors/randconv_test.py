import numpy as np
import pytest

from smoothing_tf.evaluation.extractors import ExtractorInputs, RandConv
from tests.smoothing_tf.evaluation.digits import digits, moments_distance

# Published numbers depend on these weights: they never change.
SHA256 = "9bcf68da3d417a05674417aeaac37aff022d523a6c75f031c5bedec7c0470b50"


def _images(n, shape, seed=0):
    rng = np.random.Generator(np.random.PCG64(seed))
    return rng.integers(0, 256, (n, *shape), dtype=np.uint8)


def test_weights_are_pinned():
    assert RandConv().sha256 == SHA256


@pytest.mark.parametrize("shape", [(1, 1, 1), (8, 8, 1), (9, 5, 3), (64, 64, 3)])
def test_any_image_size_gives_finite_features(shape):
    features, logits = RandConv().features_and_logits(_images(3, shape))
    assert features.shape == (3, 128)
    assert features.dtype == np.float32
    assert np.all(np.isfinite(features))
    assert logits is None


def test_grey_images_equal_their_color_copies():
    grey = _images(4, (8, 8, 1))
    extractor = RandConv()
    np.testing.assert_allclose(
        extractor.features(grey), extractor.features(grey.repeat(3, -1)), atol=1e-6
    )


def test_features_do_not_depend_on_the_batch():
    images = _images(300, (8, 8, 1))
    extractor = RandConv()
    alone = np.concatenate([extractor.features(images[i : i + 1]) for i in (0, 299)])
    np.testing.assert_allclose(extractor.features(images)[[0, 299]], alone, atol=1e-5)


def test_pixel_noise_of_a_twentieth_of_the_range_is_seen():
    images, _ = digits()
    half = len(images) // 2
    rng = np.random.Generator(np.random.PCG64(0))
    noise = rng.normal(scale=0.1 * 127.5, size=images[half:].shape)
    noisy = np.clip(np.rint(images[half:] + noise), 0, 255).astype(np.uint8)
    features = RandConv().features
    real = features(images[:half])
    floor = moments_distance(real, features(images[half:]))
    assert moments_distance(real, features(noisy)) > 3.0 * floor


def test_wrong_images_are_rejected():
    with pytest.raises(TypeError, match="must be uint8"):
        RandConv().features(np.zeros((1, 8, 8, 1), np.float32))
    with pytest.raises(ValueError, match="c of 1 or 3"):
        RandConv().features(np.zeros((1, 8, 8, 2), np.uint8))


@pytest.mark.parametrize("num_channels", [2, 4, 7])
def test_images_of_other_channels_have_a_network_of_their_own(num_channels):
    inputs = ExtractorInputs(_images(3, (8, 8, num_channels)), None, None, 0)
    extractor = RandConv.build(inputs)
    images = _images(5, (8, 8, num_channels))
    features = extractor.features(images)
    assert features.shape == (5, 128)
    assert extractor.sha256 != RandConv().sha256
    assert f"{num_channels} channels" in extractor.preprocessing
    # Every channel is seen.
    for channel in range(num_channels):
        changed = images.copy()
        changed[..., channel] = 255 - changed[..., channel]
        assert np.all(np.abs(extractor.features(changed) - features).max(axis=1) > 0.01)


def test_grey_and_color_images_share_a_network():
    for num_channels in (1, 3):
        inputs = ExtractorInputs(_images(3, (8, 8, num_channels)), None, None, 0)
        assert RandConv.build(inputs).sha256 == RandConv().sha256
