"""The scale of a table's columns, and the way back."""

import json
import math

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.standardization import Standardization

# A large mean with a small spread, which float32 cannot hold.
RAW = np.random.default_rng(0).normal([1e9, -3.0], [1e-2, 50.0], (200, 2))
SCALE = Standardization.of(("time", "load"), RAW)


def test_every_column_gets_mean_0_and_deviation_1():
    z = SCALE.standardize(RAW)
    np.testing.assert_allclose(z.mean(axis=0), 0.0, atol=1e-4)
    np.testing.assert_allclose(z.std(axis=0), 1.0, rtol=1e-6)


@pytest.mark.parametrize("convert", [np.asarray, tf.constant])
def test_the_way_there_and_back_changes_nothing(convert):
    z = SCALE.standardize(convert(RAW))
    restored = SCALE.restore(z)
    assert restored.dtype in (np.float64, tf.float64)
    np.testing.assert_allclose(restored, RAW, rtol=1e-15)
    # From float32, in which models draw samples.
    single = SCALE.restore(convert(np.float32(z)))
    np.testing.assert_allclose((single - RAW) / SCALE.std, 0.0, atol=1e-6)


def test_the_volume_is_that_of_a_change_of_variables():
    # The normal density of x = mean + std z, from that of z.
    z = np.array([0.3, -1.2])
    x = SCALE.restore(z)
    log_standard = -0.5 * np.sum(z**2) - math.log(2 * math.pi)
    log_raw = sum(
        -0.5 * ((v - m) / s) ** 2 - math.log(s * math.sqrt(2 * math.pi))
        for v, m, s in zip(x, SCALE.mean, SCALE.std)
    )
    assert log_standard - SCALE.log_volume == pytest.approx(log_raw, abs=1e-6)


def test_json_holds_all_digits():
    text = json.dumps(SCALE.to_json())
    assert Standardization.from_json(json.loads(text)) == SCALE


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        SCALE.to_json() | {"more": 1},
        SCALE.to_json() | {"columns": "ab"},
        SCALE.to_json() | {"mean": [0.0]},
        SCALE.to_json() | {"mean": ["0", 1.0]},
        SCALE.to_json() | {"mean": [math.nan, 1.0]},
        SCALE.to_json() | {"std": [0.0, 1.0]},
    ],
)
def test_something_else_is_refused(value):
    with pytest.raises(ValueError) as error:
        Standardization.from_json(value)
    assert "\n" not in str(error.value)


def test_rounding_is_no_difference():
    order = np.random.default_rng(1).permutation(len(RAW))
    assert SCALE.is_close(Standardization.of(SCALE.columns, RAW[order]))
    assert not SCALE.is_close(Standardization.of(SCALE.columns, RAW[:-1]))
    assert not SCALE.is_close(Standardization.of(("a", "b"), RAW))
    assert not SCALE.is_close(None)
