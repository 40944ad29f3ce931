"""Weight normalization: the norm of a kernel is its gain."""

import numpy as np
import pytest
import tensorflow as tf

from smoothing_tf.layers import WeightNormKernel


def test_the_norm_of_each_slice_of_the_last_axis_is_its_gain():
    weight = WeightNormKernel((2, 3, 4, 5), 5)
    weight.initialize([1, 2])
    weight.g.assign([1.0, 2.0, 3.0, 4.0, 5.0])
    kernel, _ = weight.kernel_and_bias()
    norm = np.linalg.norm(np.reshape(kernel, (-1, 5)), axis=0)
    np.testing.assert_allclose(norm, [1, 2, 3, 4, 5], rtol=1e-6)


def test_the_scale_of_v_does_not_matter():
    weight = WeightNormKernel((3, 4), 4)
    weight.initialize([1, 2])
    before, _ = weight.kernel_and_bias()
    weight.v.assign(7.0 * weight.v)
    np.testing.assert_allclose(weight.kernel_and_bias()[0], before, rtol=1e-6)


def test_masters_stay_float32_under_mixed_precision():
    weight = WeightNormKernel((3, 4), 4, dtype="mixed_bfloat16")
    kernel, bias = weight.kernel_and_bias()
    assert kernel.dtype == bias.dtype == tf.bfloat16
    assert weight.v.dtype == "float32"


@pytest.mark.parametrize("is_transposed", [False, True])
def test_fitted_outputs_are_standardized_and_those_of_the_kernel_from_then_on(
    is_transposed,
):
    # A transposed kernel [out, in] has its norm over the outputs.
    weight = WeightNormKernel((4, 4), 4, is_transposed=is_transposed, output_scale=0.3)
    weight.initialize([1, 2])
    x = 2.0 * tf.random.stateless_normal((500, 4), [3, 4]) + 1.0

    def outputs():
        return tf.matmul(x, weight.kernel_and_bias()[0], transpose_b=is_transposed)

    factor, bias = weight.fit_outputs(outputs_before := outputs())
    fitted = factor * outputs_before + bias
    _, new_bias = weight.kernel_and_bias()
    np.testing.assert_allclose(outputs() + new_bias, fitted, atol=1e-5)
    np.testing.assert_allclose(np.mean(fitted, axis=0), 0.0, atol=1e-5)
    spread = np.std(fitted, axis=0)
    if is_transposed:
        spread = np.sqrt(np.mean(spread**2))
    np.testing.assert_allclose(spread, 0.3, rtol=1e-4)


@pytest.mark.parametrize("is_transposed", [False, True])
def test_outputs_that_do_not_vary_keep_their_scale(is_transposed):
    weight = WeightNormKernel((4, 4), 4, is_transposed=is_transposed)
    weight.initialize([1, 2])
    before, _ = weight.kernel_and_bias()
    factor, bias = weight.fit_outputs(outputs := tf.ones([1, 1, 1, 4]))
    np.testing.assert_array_equal(weight.kernel_and_bias()[0], before)
    np.testing.assert_allclose(factor * outputs + bias, np.zeros([1, 1, 1, 4]))
