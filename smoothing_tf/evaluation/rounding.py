"""Formats values with the digits that their standard error supports."""

import math
from collections.abc import Mapping
from typing import Any

_MAX_DECIMALS = 6
# An error this many times smaller than its value is a rounding error.
_MANY_ERRORS = 1e9
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def with_error(value: float, se: float | None) -> str:
    """Formats a value and its standard error in plain text, e.g. "-3.53 +- 0.02"."""
    error = "" if se is None else f" +- {format_se(se)}"
    return format_value(value, se).replace("−", "-") + error


def format_value(value: float, se: float | None) -> str:
    """Formats a value with the digits that its standard error supports.

    One digit of the standard error counts, two when the first is a 1:
    3.5321 +- 0.024 is "3.53", 3.5321 +- 0.014 is "3.532". Without a standard
    error, three significant digits.
    """
    if se is None:
        return format_significant(value, 3)
    if _is_tiny(se) and abs(value) < _MANY_ERRORS * se:
        # Six decimals would all be zeros, or would leave out known digits.
        exponent = math.floor(math.log10(max(abs(value), se)))
        unit = 10.0**exponent
        return _format_scaled(f"{value / unit:z.{_decimals(se / unit)}f}", exponent)
    return _minus(f"{value:z.{_decimals(se)}f}")


def format_se(se: float) -> str:
    """Formats a standard error with the digits of `format_value`."""
    if se == 0.0:
        return "0"
    if _is_tiny(se):
        exponent = math.floor(math.log10(se))
        mantissa = se / 10.0**exponent
        return _format_scaled(f"{mantissa:.{_decimals(mantissa)}f}", exponent)
    return f"{se:.{_decimals(se)}f}"


def format_metric(metric: Mapping[str, Any]) -> dict[str, str | None]:
    """Formats the "value" and the "se" of a metric, either of which may be None."""
    value, se = metric["value"], metric.get("se")
    if value is None:
        return {"value": None, "se": None}
    return {
        "value": format_value(value, se),
        "se": None if se is None else format_se(se),
    }


def _is_tiny(se: float) -> bool:
    return 0.0 < se < 10.0**-_MAX_DECIMALS


def _decimals(se: float) -> int:
    if se < 10.0**-_MAX_DECIMALS:
        return _MAX_DECIMALS
    exponent = math.floor(math.log10(se))
    # 0.0196 would round up to 0.020 with two digits: the leading digit is the
    # rounded one's.
    leading = round(se / 10.0**exponent, 1)
    return min(max(-exponent + (1 if leading < 2.0 else 0), 0), _MAX_DECIMALS)


def format_significant(value: float, digits: int) -> str:
    """Formats a value without a standard error; a tiny one as a power of ten."""
    if value == 0.0:
        return "0"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    if decimals > _MAX_DECIMALS:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return _format_scaled(mantissa, int(exponent))
    return _minus(f"{value:.{max(decimals, 0)}f}")


def _format_scaled(mantissa: str, exponent: int) -> str:
    return _minus(f"{mantissa} × 10") + str(exponent).translate(_SUPERSCRIPT)


def _minus(number: str) -> str:
    return number.replace("-", "−")
