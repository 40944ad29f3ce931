"""Affine couplings start as the identity and stay bounded."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import AffineCoupling

FIXED = tf.constant([[0.5, -1.0], [2.0, 0.3]])


def make(scale: float, num_context: int = 0) -> AffineCoupling:
    """A coupling of 2 dimensions on 3, with weights of a standard deviation."""
    coupling = AffineCoupling(2, 3, num_context, (8,), 2.0)
    for index, weight in enumerate(coupling.trainable_weights):
        weight.assign(scale * tf.random.stateless_normal(weight.shape, [1, index]))
    return coupling


def test_shift_and_scale_are_of_the_moved_part_and_depend_on_the_fixed_one():
    shift, log_scale = make(0.5)(FIXED)
    for value in (shift, log_scale):
        assert value.shape == (2, 3)
        assert np.all(np.abs(value[0] - value[1]) > 0)


def test_log_scales_are_bounded_whatever_the_weights():
    _, log_scale = make(100.0)(FIXED)
    np.testing.assert_allclose(np.abs(log_scale), 2.0, rtol=1e-6)
    # Small log-scales are those of the network.
    coupling = make(0.01)
    raw = coupling.dense[1](tf.nn.relu(coupling.dense[0](FIXED)))[:, 3:]
    np.testing.assert_allclose(coupling(FIXED)[1], raw, rtol=1e-3)


def test_without_its_output_it_is_the_identity():
    coupling = make(0.5)
    coupling.reset_output()
    for value in coupling(FIXED):
        np.testing.assert_array_equal(value, np.zeros([2, 3]))


def test_every_value_of_the_context_matters():
    coupling = make(0.5, num_context=4)
    context = tf.random.stateless_normal([2, 4], [3, 4])
    with tf.GradientTape() as tape:
        tape.watch(context)
        shift, log_scale = coupling(FIXED, context)
    assert np.all(tape.gradient([shift, log_scale], context) != 0)


def test_an_unknown_activation_is_rejected():
    with pytest.raises(ValueError, match="nonsense"):
        AffineCoupling(2, 3, 0, (8,), 2.0, "nonsense")
