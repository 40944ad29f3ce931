"""Cron expressions as Kubeflow reads them."""

import pytest

from pipeline.submission.schedule import check_schedule


@pytest.mark.parametrize(
    "expression",
    [
        "0 30 2 * * *",
        "0 0 9 ? * MON-FRI",
        "*/15 0-30/5 0,12 1,15 jan-mar 0-6",
        "0 59 23 31 12 SAT",
    ],
)
def test_expressions_of_six_fields_are_accepted(expression):
    check_schedule(expression)


@pytest.mark.parametrize(
    "expression, message",
    [
        ("30 2 * * *", "must have six fields .*got '30 2 \\* \\* \\*'"),
        ("@daily", "must have six fields"),
        ("", "must have six fields"),
        ("0 60 2 * * *", "'60' as the minute, which is a number from 0 to 59"),
        ("0 0 24 * * *", "'24' as the hour"),
        ("0 0 0 0 * *", "'0' as the day of the month"),
        ("0 0 0 1 13 *", "'13' as the month"),
        ("0 0 0 1 FEV *", "'FEV' as the month"),
        ("0 0 0 * * 7", "'7' as the day of the week"),
        ("0 30-10 0 * * *", "'30-10' as the minute"),
        ("0 */0 0 * * *", "'\\*/0' as the minute"),
        ("0 1,,2 0 * * *", "'' as the minute"),
        ("0 ²  0 * * *", "'²' as the minute"),
    ],
)
def test_others_are_refused_with_the_field(expression, message):
    with pytest.raises(ValueError, match=message):
        check_schedule(expression)
