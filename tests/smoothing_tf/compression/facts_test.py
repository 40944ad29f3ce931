"""The digest of a model changes with all that its images depend on."""

import os

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.compression.facts import (
    check_device,
    device_kind,
    model_digest,
    num_threads,
)
from smoothing_tf.smoothing import Gaussian, Laplace
from tests.testing.tiny_codecs import made


def test_a_digest_depends_on_every_weight_the_stage_and_the_noise():
    model = made()
    digests = [
        model_digest([model], None),
        model_digest([model], Gaussian(0.4)),
        model_digest([model], Gaussian(0.5)),
        model_digest([model], Laplace(0.4)),
        model_digest([model, model], None),
        model_digest([made("smoothed")], None),
        model_digest([made(num_classes=3)], None),
    ]
    for weight in model.weights:
        before = np.array(weight)
        after = before.copy()
        after.flat[0] += 1e-3
        weight.assign(after)
        digests.append(model_digest([model], None))
        weight.assign(before)
    assert len(set(digests)) == len(digests)
    assert model_digest([model], None) == digests[0]
    assert model_digest([made()], None) == digests[0]


def test_the_number_of_threads_is_that_of_tensorflow(monkeypatch):
    monkeypatch.setattr(
        tf.config.threading, "get_intra_op_parallelism_threads", lambda: 0
    )
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "3")
    assert num_threads() == 3
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS")
    assert num_threads() == len(os.sched_getaffinity(0))


def test_the_device_is_named_in_one_line():
    assert device_kind().startswith("CPU ")
    assert "\n" not in device_kind()


def test_a_gpu_is_refused(monkeypatch):
    check_device()
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [kind])
    with pytest.raises(RuntimeError, match=r"on CPUs only.*set_visible_devices"):
        check_device()
