import pytest

from smoothing_tf.evaluation.overfitting import overfitting


def bound(value, se, n=360):
    return {"value": value, "se": se, "n": n}


def test_a_bound_that_is_far_below_on_training_data_is_found():
    found = overfitting(bound(1.7324, 0.0163), bound(1.5412, 0.0142))
    assert found["found"] is True
    assert found["value"] == pytest.approx(0.1912)
    assert found["se"] == pytest.approx((0.0163**2 + 0.0142**2) ** 0.5)
    assert "1.541 +- 0.014 on training data" in found["statement"]
    assert "1.732 +- 0.016 on held-out data" in found["statement"]
    assert found["statement"].startswith("Overfitting")


@pytest.mark.parametrize(
    ("test", "train", "is_found"),
    [
        # Errors of .03 and .04 combine to .05, so the limit is .15.
        (1.1501, 1.0, True),
        (1.1499, 1.0, False),
        (1.0, 1.0, False),
        # Training data may be harder.
        (1.0, 2.0, False),
        (-3.0, -3.2, True),
    ],
)
def test_the_limit_is_three_errors_of_the_difference(test, train, is_found):
    found = overfitting(bound(test, 0.03), bound(train, 0.04))
    assert found["found"] is is_found
    assert found["statement"].startswith("Overfitting" if is_found else "No overfit")


@pytest.mark.parametrize(
    ("test", "train", "reason"),
    [
        (bound(None, None), bound(1.0, 0.1), "bound on held-out data has no value"),
        (bound(1.0, 0.1), bound(None, None), "bound on training data has no value"),
        (bound(1.0, 0.1), bound(0.1, None, 1), "training data has no standard error"),
    ],
)
def test_without_both_numbers_nothing_is_found(test, train, reason):
    found = overfitting(test, train)
    assert found["found"] is found["value"] is found["se"] is None
    assert reason in found["reason"]
