"""Figures are written with the digits that their standard error supports."""

import pytest

from smoothing_tf.evaluation.rounding import format_se, format_value, with_error


@pytest.mark.parametrize(
    ("value", "se", "value_text", "se_text"),
    [
        (3.53214, 0.0241, "3.53", "0.02"),
        (3.53214, 0.0141, "3.532", "0.014"),
        (3.53214, 0.0199, "3.53", "0.02"),
        (3.53214, 0.31, "3.5", "0.3"),
        (29.83, 4.2, "30", "4"),
        (29.83, 12.0, "30", "12"),
        (8.0, 0.0, "8.000000", "0"),
        (-2.71828, 0.0031, "−2.718", "0.003"),
        (-0.00012, 0.0031, "0.000", "0.003"),
    ],
)
def test_digits_are_those_that_the_standard_error_supports(
    value, se, value_text, se_text
):
    assert format_value(value, se) == value_text
    assert format_se(se) == se_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.14159, "3.14"),
        (1234.5, "1234"),
        (0.0, "0"),
        (0.00123456, "0.00123"),
        (-6.5612e-05, "−6.56 × 10⁻⁵"),
    ],
)
def test_three_digits_without_a_standard_error(value, text):
    assert format_value(value, None) == text


def test_plain_text_has_a_plain_minus():
    assert with_error(-2.71828, 0.0031) == "-2.718 +- 0.003"
    assert with_error(0.5, None) == "0.500"
