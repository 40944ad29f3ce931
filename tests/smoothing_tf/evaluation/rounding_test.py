"""Values are written with the digits that their standard error supports."""

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
        (0.0000201, 0.0000151, "0.000020", "0.000015"),
        (0.00001234, 4.4e-8, "1.234 × 10⁻⁵", "4 × 10⁻⁸"),
        (-3.12e-7, 1.4e-7, "−3.1 × 10⁻⁷", "1.4 × 10⁻⁷"),
        (0.0, 2.6e-9, "0 × 10⁻⁹", "3 × 10⁻⁹"),
        (-9.96e-8, 2e-8, "−10 × 10⁻⁸", "2 × 10⁻⁸"),
        # A rounding error.
        (8.0, 1.2e-16, "8.000000", "1.2 × 10⁻¹⁶"),
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
