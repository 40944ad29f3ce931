"""Compressed images come back exactly, or an error says why they do not."""

import dataclasses
import importlib.metadata
import json
import zlib

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.compression import shared_facts
from smoothing_tf.compression.block import class_shares
from smoothing_tf.compression.codec import compress_images, decompress_images
from smoothing_tf.compression.compressed_file import from_bytes
from smoothing_tf.compression.config import CompressionConfig
from smoothing_tf.compression.header_text import deflate, inflate
from smoothing_tf.compression.promise import promised_bits
from smoothing_tf.models import PixelCNNpp, PixelCNNppConfig
from smoothing_tf.models.classes import Classes
from smoothing_tf.models.condition import Condition
from smoothing_tf.models.trained import Trained
from smoothing_tf.numerics import levels_to_unit
from smoothing_tf.smoothing import Gaussian, Laplace, Uniform
from smoothing_tf.smoothing.noise_stream import NoiseStream
from tests.testing.class_models import class_trained
from tests.testing.damaged_copies import damaged_copies
from tests.testing.density_model_contract import randomize
from tests.testing.eagerly import eagerly
from tests.testing.tiny_codecs import NUM_LEVELS, images, made, made_trained
from tests.testing.tiny_models import tiny_trained

pytest.importorskip("constriction")

_NUM_IMAGES = 200


@pytest.fixture(scope="module")
def by_classes():
    """Number of classes -> models, whose walks are traced once for all tests."""
    return {number: made_trained(num_classes=number) for number in (None, 3)}


@pytest.fixture(scope="module")
def trained(by_classes):
    return by_classes[None]


@pytest.fixture(scope="module")
def baseline_file(trained):
    """A file of five blocks of eight images."""
    return compress_images(trained, images(40), CompressionConfig(batch_size=8))


def _content_bits(data):
    return 8 * sum(len(one.block.data) for one in from_bytes(data)[1])


def _promised_bits(trained, stage, x, label, num_draws=100):
    """-log2 P(x), or the bound with many draws of x~."""
    unit = levels_to_unit(x, trained.num_levels, tf.float64)
    if stage == "baseline":
        log_prob = trained.baseline.log_prob(unit, Condition(label=label))
        share = 1.0
    else:
        unit = tf.repeat(unit, num_draws, axis=0)
        own = None if label is None else np.repeat(label, num_draws)
        x_smoothed = trained.smoothing.sample(
            unit, NoiseStream(tf.zeros(2, tf.int32), 0)
        )
        log_prob = trained.two_stage.bound_terms(unit, x_smoothed, own).log_weight()
        share = 1.0 / num_draws
    nats = -share * np.sum(log_prob)
    if label is not None:
        nats -= np.sum(np.log(trained.classes.frequencies)[label])
    return nats / np.log(2.0)


@pytest.mark.parametrize(
    "stage, smoothing, num_classes",
    [
        ("baseline", Gaussian(0.4), None),
        ("baseline", Gaussian(0.4), 3),
        ("two_stage", Gaussian(0.4), 3),
        ("two_stage", Laplace(0.4), None),
        ("two_stage", Uniform(0.4), 3),
    ],
)
def test_images_come_back_at_the_size_that_the_likelihood_promises(
    by_classes, stage, smoothing, num_classes
):
    trained = dataclasses.replace(by_classes[num_classes], smoothing=smoothing)
    x = images(_NUM_IMAGES)
    label = np.arange(_NUM_IMAGES) % 3 if num_classes else None
    config = CompressionConfig(stage=stage, batch_size=_NUM_IMAGES, verify=False)
    data = compress_images(trained, x, config, label=label)
    restored = decompress_images(trained, data)
    np.testing.assert_array_equal(restored.x, x)
    assert restored.x.dtype == np.uint8
    np.testing.assert_array_equal(restored.index, np.arange(_NUM_IMAGES))
    if num_classes:
        np.testing.assert_array_equal(restored.label, label)
    else:
        assert restored.label is None
    promised = _promised_bits(trained, stage, x, label)
    (stored,) = from_bytes(data)[1]
    borrowed = 8 * stored.block.num_borrowed
    # Bits-back coding pays for its grid; universal quantization gains by the lattice.
    low, high = (1.0, 1.0) if stage == "baseline" else (0.95, 1.02)
    bits = _content_bits(data)
    assert low * promised - 8 < bits < high * promised + 40 + borrowed


@pytest.mark.parametrize("stage", ["baseline", "two_stage"])
@pytest.mark.parametrize(
    "number, num_classes, options",
    [
        (3, None, {"num_levels": 2}),
        (1, 1, {}),
        (2, None, {"shape": (1, 2, 3)}),
    ],
)
def test_few_images_of_any_kind_come_back_in_blocks(
    stage, number, num_classes, options
):
    trained = made_trained(num_classes=num_classes, **options)
    x = images(number, **options)
    config = CompressionConfig(stage=stage, batch_size=2, verify=False)
    with eagerly():
        label = None if num_classes is None else 0
        data = compress_images(trained, x, config, label=label)
        restored = decompress_images(trained, data)
    np.testing.assert_array_equal(restored.x, x)
    stored = from_bytes(data)[1]
    assert len(stored) == (-(-number // 2) if stage == "baseline" else 1)
    if num_classes is None:
        assert restored.label is None
    else:
        np.testing.assert_array_equal(restored.label, np.zeros(number))


@pytest.mark.large
@pytest.mark.parametrize("smoothing", [Gaussian(0.4), Uniform(0.4)])
def test_channels_that_are_coded_together_come_back_from_graphs(smoothing):
    config = PixelCNNppConfig(num_resnet=1, num_filters=4, num_mixtures=2)
    shape = (4, 4, 3)
    trained = Trained(
        smoothing=smoothing,
        num_levels=NUM_LEVELS,
        smoothed=randomize(PixelCNNpp(config, shape), 0.2),
        reverse=randomize(
            PixelCNNpp(config, shape, NUM_LEVELS, takes_x_smoothed=True), 0.2
        ),
    )
    x = images(20, shape=shape)
    data = compress_images(trained, x, CompressionConfig(batch_size=8, verify=False))
    np.testing.assert_array_equal(decompress_images(trained, data).x, x)


def test_classes_that_never_occur_in_training_have_a_finite_size():
    shares = class_shares(Classes(None, (0.75, 0.25, 0.0)), 3)
    assert -np.log2(shares[2]) == pytest.approx(24.0)


def test_the_promise_is_that_of_the_likelihood(by_classes):
    trained, x, label = by_classes[3], images(30), np.arange(30) % 3
    for stage, tolerance in (("baseline", 1e-6), ("two_stage", 0.05)):
        with eagerly():
            promise = promised_bits(trained, stage, x, label=label, batch_size=20)
        expected = _promised_bits(trained, stage, x, label)
        assert promise.bits == pytest.approx(expected, rel=tolerance)
        assert (promise.standard_error > 0) == (stage == "two_stage")


def test_only_the_first_image_of_a_chain_borrows_bits(trained):
    x = images(100)
    config = CompressionConfig(stage="two_stage", batch_size=20, verify=False)
    (stored,) = from_bytes(compress_images(trained, x, config))[1]
    sizes = stored.block.sizes
    assert sum(sizes) == 100
    assert sizes[0] < sizes[1] < sizes[2] < max(sizes) == 20
    # Six dimensions of about four bits each, and some to spare.
    assert stored.block.num_borrowed < 20


def test_the_same_images_and_seed_give_the_same_file(trained):
    x = images(10)
    for stage in ("baseline", "two_stage"):
        first, again = (
            compress_images(trained, x, CompressionConfig(stage=stage, verify=False))
            for _ in range(2)
        )
        assert first == again


def test_damage_is_noticed_wherever_it_is(trained, baseline_file):
    two_stage = compress_images(
        trained, images(40), CompressionConfig(stage="two_stage", verify=False)
    )
    for data in (baseline_file, two_stage):
        for kind, copies in damaged_copies(data).items():
            message = "truncated|not a compressed file" if kind == "truncated" else None
            for damaged in copies:
                with pytest.raises(ValueError, match=message):
                    decompress_images(trained, damaged)
    with pytest.raises(ValueError, match="1 bytes after its last block"):
        decompress_images(trained, baseline_file + b"x")


@pytest.mark.parametrize(
    "facts",
    [
        {"stage": "other"},
        {"shape": 5},
        {"shape": [10**12, 3, 2, 1]},
        {"levels": 65537},
        {"threads": None},
        {"batch": 0},
        {"grid": 1e-9, "stage": "two_stage"},
        {"unknown": 1},
    ],
)
def test_headers_of_other_facts_are_refused(baseline_file, facts):
    size = int.from_bytes(baseline_file[5:9], "little")
    text, index = inflate(baseline_file[9 : 9 + size])
    changed = deflate(json.dumps(json.loads(text) | facts)) + index
    start = baseline_file[:5] + len(changed).to_bytes(4, "little") + changed
    data = start + zlib.crc32(start).to_bytes(4, "little") + baseline_file[13 + size :]
    with pytest.raises(ValueError, match="other facts than this library writes. Use"):
        from_bytes(data)


def test_another_version_of_the_format_is_not_called_damage(baseline_file):
    data = baseline_file[:4] + b"\1" + baseline_file[5:]
    with pytest.raises(ValueError, match="version 1, .* Use the version of smoothing"):
        from_bytes(data)


def test_a_damaged_block_is_named_and_the_others_can_be_read(trained, baseline_file):
    header, stored = from_bytes(baseline_file)
    assert header.block_sizes == [8] * 5
    ends = np.cumsum([len(one.block.data) for one in stored])
    place = len(baseline_file) - ends[-1] + ends[1]  # The first byte of block 2.
    damaged = bytearray(baseline_file)
    damaged[place] ^= 1
    with pytest.raises(ValueError, match="Block 2 of the file, images 16 to 23, is"):
        decompress_images(trained, bytes(damaged))
    restored = decompress_images(trained, bytes(damaged), skip_damaged=True)
    expected = [i for i in range(40) if not 16 <= i < 24]
    np.testing.assert_array_equal(restored.index, expected)
    np.testing.assert_array_equal(restored.x, images(40)[expected])
    assert restored.damaged == (2,)


def test_other_models_versions_and_devices_are_refused(
    trained, baseline_file, monkeypatch
):
    other = dataclasses.replace(trained, baseline=made(seed=9))
    with pytest.raises(ValueError, match="written with another model"):
        decompress_images(other, baseline_file)
    none = dataclasses.replace(trained, baseline=None)
    with pytest.raises(ValueError, match="another model: this run has no stage base"):
        decompress_images(none, baseline_file)
    fewer = dataclasses.replace(trained, num_levels=3)
    with pytest.raises(ValueError, match="4 levels, and the data of this run have 3"):
        decompress_images(fewer, baseline_file)
    original = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: original(name)[:1])
    with pytest.raises(ValueError, match="the package constriction 0.*, and this is 0"):
        decompress_images(trained, baseline_file)
    monkeypatch.undo()
    monkeypatch.setattr(tf, "__version__", "9.9")
    with pytest.raises(ValueError, match=r"TensorFlow 2.*, and this is 9\.9"):
        decompress_images(trained, baseline_file)
    monkeypatch.undo()
    monkeypatch.setattr(shared_facts, "device_kind", lambda: "GPU of another kind")
    with pytest.raises(ValueError, match="the device CPU .* GPU of another kind"):
        decompress_images(trained, baseline_file)
    monkeypatch.undo()
    monkeypatch.setattr(shared_facts, "num_threads", lambda: 77)
    with pytest.raises(ValueError, match="threads of TensorFlow, .* uses 77"):
        decompress_images(trained, baseline_file)


def test_a_machine_that_rounds_differently_never_gives_wrong_images(
    trained, baseline_file, monkeypatch
):
    head = trained.baseline.head
    original = type(head).probabilities

    def changed(self, *args):
        probabilities = original(self, *args)
        probabilities[:, 0] += 1e-6
        return probabilities

    monkeypatch.setattr(type(head), "probabilities", changed)
    with pytest.raises(RuntimeError, match="Block 0 decodes to other images"):
        decompress_images(trained, baseline_file)


def test_a_model_that_does_not_repeat_its_computation_writes_nothing(
    trained, monkeypatch
):
    rng = np.random.default_rng(0)
    original = type(trained.baseline.head).probabilities

    def random(self, *args):
        probabilities = original(self, *args)
        return probabilities * rng.uniform(0.9, 1.1, probabilities.shape)

    monkeypatch.setattr(type(trained.baseline.head), "probabilities", random)
    with pytest.raises(RuntimeError, match="Block 0 does not decode"):
        compress_images(trained, images(20))


def test_what_cannot_be_compressed_is_refused(trained):
    x = images(3)
    for given, error in (
        (x[:, :2], r"must have the shape \[n, 3, 2, 1\]"),
        (x[:0], "with n of at least 1"),
        (x.astype(float), "must be integers"),
        (x + np.uint8(2), "levels from 0 to 3; got values from 2 to 5"),
    ):
        with pytest.raises(ValueError, match=error):
            compress_images(trained, given)
    with pytest.raises(ValueError, match="`label` must be None"):
        compress_images(trained, x, label=1)
    with pytest.raises(ValueError, match="`label` must be given"):
        compress_images(made_trained(num_classes=3), x)
    with pytest.raises(ValueError, match="Vectors of real numbers cannot"):
        compress_images(class_trained(), np.zeros([3, 2], int))
    many = dataclasses.replace(trained, num_levels=65_537)
    with pytest.raises(ValueError, match="at most 65,536 levels .* has 65,537"):
        compress_images(many, x)
    with pytest.raises(ValueError, match="`grid` must be at least 0.01"):
        CompressionConfig(grid=3e-7)
    narrow = dataclasses.replace(trained, smoothing=Gaussian(1e-3))
    config = CompressionConfig(stage="two_stage", grid=0.01)
    with pytest.raises(ValueError, match="noise_scale of 0.001, .* a larger --grid"):
        compress_images(narrow, x, config)
    tiny = tiny_trained((3, 2, 1), num_levels=4)
    with pytest.raises(ValueError, match="autoregressive model.*got TinyModel"):
        compress_images(tiny, x)
