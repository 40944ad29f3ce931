"""Sizes and lists of names as messages show them."""

from collections.abc import Sequence

_UNITS = ("kB", "MB", "GB", "TB")
_MAX_NAMES = 20


def size_text(num_bytes: int) -> str:
    """Writes a size in the unit that fits, e.g. 382 bytes, 1.54 kB or 13 GB.

    Args:
      num_bytes: the size in bytes, at least 0. A kB is 1,000 bytes.
    """
    if num_bytes < 1000:
        return f"{num_bytes} byte{'' if num_bytes == 1 else 's'}"
    value = float(num_bytes)
    for unit in _UNITS:
        value /= 1000.0
        # What rounds to 1,000 belongs to the next unit.
        if value < 999.5:
            return f"{value:.3g} {unit}"
    return f"{value:,.0f} {_UNITS[-1]}"


def list_names(names: Sequence[str]) -> str:
    """Lists the first names, and says how many follow.

    A name in which a comma or outer blanks would be misread is quoted.
    """
    shown = [_quote_if_needed(name) for name in names[:_MAX_NAMES]]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f", ... and {rest:,} more" if rest else "")


def _quote_if_needed(name: str) -> str:
    return repr(name) if not name or "," in name or name != name.strip() else name
