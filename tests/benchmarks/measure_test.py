"""The shared measurements: counted operations, the peak."""

import pytest
import tensorflow as tf

from benchmarks import measure
from smoothing_tf.models.condition import Condition


@pytest.mark.parametrize(
    "arguments, gflops",
    [
        ({"stage": "smoothed"}, 2.333),
        ({"stage": "reverse", "conditioning": "stacked"}, 4.667),
    ],
)
def test_operations_of_a_pass_are_those_that_were_counted_elsewhere(arguments, gflops):
    model = measure.make_model("mnist", compute_dtype="float32", **arguments)
    condition = Condition()
    if model.takes_x_smoothed:
        condition = Condition(tf.zeros([1, *model.event_shape]))
    flops = measure.forward_flops(model, condition)
    assert flops / 1e9 == pytest.approx(gflops, abs=0.001)


def test_the_peak_is_a_speed():
    assert measure.matmul_peak("float32", size=64) > 1e6
