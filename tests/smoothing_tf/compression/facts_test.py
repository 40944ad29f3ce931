"""The digest of a model changes with all that its images depend on."""

import numpy as np

from smoothing_tf.compression.facts import device_kind, model_digest
from smoothing_tf.smoothing import Gaussian, Laplace
from tests.testing.tiny_codecs import made


def test_a_digest_depends_on_every_weight_the_stage_and_the_noise():
    digests = [
        model_digest([made()], None),
        model_digest([made(seed=1)], None),
        model_digest([made("smoothed")], None),
        model_digest([made(num_classes=3)], None),
        model_digest([made()], Gaussian(0.4)),
        model_digest([made()], Gaussian(0.5)),
        model_digest([made()], Laplace(0.4)),
        model_digest([made(), made()], None),
    ]
    for weight in range(len(made().weights)):
        model = made()
        value = np.array(model.weights[weight])
        value.flat[0] += 1e-3
        model.weights[weight].assign(value)
        digests.append(model_digest([model], None))
    assert len(set(digests)) == len(digests)
    assert model_digest([made()], None) == digests[0]


def test_the_device_is_named_in_one_line():
    assert device_kind().startswith(("CPU ", "GPU "))
    assert "\n" not in device_kind()
