"""The coder is a stack: what is pushed is popped, at the cost of its information."""

import sys

import numpy as np
import pytest

from smoothing_tf.compression.coder import Coder

pytest.importorskip("constriction")


def _probabilities(n, k, seed=0):
    return np.random.default_rng(seed).dirichlet(np.full(k, 0.3), size=n)


def test_symbols_are_popped_in_their_order_and_at_the_cost_of_their_information():
    first, second = _probabilities(500, 20), _probabilities(300, 3, seed=1)
    rng = np.random.default_rng(2)
    symbols = np.array([rng.choice(20, p=p) for p in first])
    others = np.array([rng.choice(3, p=p) for p in second])
    coder = Coder()
    coder.push(symbols, first)
    coder.push(others, second)
    information = -np.sum(np.log2(first[np.arange(500), symbols]))
    information -= np.sum(np.log2(second[np.arange(300), others]))
    data = coder.to_bytes()
    assert information - 8 < 8 * len(data) < information + 40
    decoder = Coder(data)
    np.testing.assert_array_equal(decoder.pop(second), others)
    np.testing.assert_array_equal(decoder.pop(first), symbols)
    assert decoder.to_bytes() == b""


def test_symbols_that_were_never_pushed_are_drawn_and_can_be_given_back():
    data = np.random.default_rng(0).integers(1, 256, 3000).astype(np.uint8).tobytes()
    coder = Coder(data)
    probabilities = np.tile([0.5, 0.3, 0.15, 0.05], (4000, 1))
    drawn = coder.pop(probabilities)
    shares = np.bincount(drawn) / len(drawn)
    np.testing.assert_allclose(shares, probabilities[0], atol=0.025)
    assert len(coder.to_bytes()) < 0.75 * len(data)
    coder.push(drawn, probabilities)
    assert coder.to_bytes() == data


def test_impossible_symbols_can_be_coded_and_nan_cannot():
    coder = Coder()
    coder.push(np.array([1]), np.array([[1.0, 0.0]]))
    assert coder.pop(np.array([[1.0, 0.0]])) == [1]
    with pytest.raises(ValueError, match="are not finite"):
        coder.push(np.array([0]), np.array([[np.nan, 1.0]]))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "constriction", None)
    with pytest.raises(RuntimeError, match=r"pip install 'smoothing_tf\[codec\]'"):
        Coder()
