"""Figures with the digits that their standard error supports."""

import math

_MAX_DECIMALS = 6
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def with_error(value: float, se: float | None) -> str:
    """Writes a figure and its standard error in plain text, e.g. "-3.53 +- 0.02"."""
    error = "" if se is None else f" +- {format_se(se)}"
    return format_value(value, se).replace("−", "-") + error


def format_value(value: float, se: float | None) -> str:
    """Writes a figure with the digits that its standard error supports.

    One digit of the standard error counts, two when the first is a 1:
    3.5321 +- 0.024 is "3.53", 3.5321 +- 0.014 is "3.532". Without a standard
    error, three significant digits.
    """
    if se is None:
        return format_significant(value, 3)
    return _minus(f"{value:z.{_decimals(se)}f}")


def format_se(se: float) -> str:
    """Writes a standard error with the decimals of `format_value`."""
    decimals = _decimals(se)
    return f"{se:.{decimals}f}" if se >= 10.0**-_MAX_DECIMALS else "0"


def _decimals(se: float) -> int:
    if se < 10.0**-_MAX_DECIMALS:
        return _MAX_DECIMALS
    exponent = math.floor(math.log10(se))
    # 0.0196 would round up to 0.020 with two digits: the leading digit is the
    # rounded one's.
    leading = round(se / 10.0**exponent, 1)
    return min(max(-exponent + (1 if leading < 2.0 else 0), 0), _MAX_DECIMALS)


def format_significant(value: float, digits: int) -> str:
    """Writes a figure without a standard error; a tiny one as a power of ten."""
    if value == 0.0:
        return "0"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    if decimals > _MAX_DECIMALS:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return _minus(f"{mantissa} × 10") + str(int(exponent)).translate(_SUPERSCRIPT)
    return _minus(f"{value:.{max(decimals, 0)}f}")


def _minus(number: str) -> str:
    return number.replace("-", "−")
