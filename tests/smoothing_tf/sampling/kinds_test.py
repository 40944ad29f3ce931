"""Quantized samples, and samples that are not finite."""

import numpy as np
import pytest

from smoothing_tf.sampling.kinds import non_finite_reasons, real_uint8, samples_uint8
from tests.testing.tiny_data import tiny_dataset

SHAPE = (4, 4, 1)


def test_exact_samples_are_rounded_to_levels_and_estimates_are_not():
    values = np.linspace(-1.2, 1.2, 64, dtype=np.float32).reshape(1, 8, 8, 1)
    samples = samples_uint8(
        {"samples": values, "single_step": values, "baseline": np.uint8(values > 0)},
        num_levels=4,
    )
    assert set(np.unique(samples["samples"])) == {0, 85, 170, 255}
    assert len(np.unique(samples["single_step"])) > 40
    np.testing.assert_array_equal(samples["baseline"], np.uint8(values > 0))


def test_samples_that_are_not_finite_say_what_to_train():
    bad = np.zeros((4, *SHAPE), np.float32)
    bad[1, 0, 0, 0], bad[2, 1] = np.inf, np.nan
    good = np.zeros((4, *SHAPE), np.float32)
    reasons = non_finite_reasons({"smoothed": bad, "samples": good, "baseline": good})
    advice = "Train the smoothed stage longer; its x~ has 2 of 4 non-finite examples."
    assert reasons == {"smoothed": advice, "samples": advice}
    assert non_finite_reasons({"smoothed": good, "samples": np.uint8(good)}) == {}
    (reason,) = non_finite_reasons({"smoothed": good, "baseline": bad}).values()
    assert "Train the baseline stage longer; 2 of 4" in reason
    with pytest.raises(ValueError, match="finite among 'samples'. Train the reverse"):
        samples_uint8({"samples": bad}, num_levels=4)


def test_real_images_span_the_grey_levels():
    dataset = tiny_dataset(SHAPE, 4)
    expected = dataset.array("test") * np.uint8(85)
    np.testing.assert_array_equal(real_uint8(dataset, "test"), expected)
