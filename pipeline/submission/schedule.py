"""Cron expressions of Kubeflow's recurring runs, whose first field is the second.

Reference: https://pkg.go.dev/github.com/robfig/cron#hdr-CRON_Expression_Format.
"""

import re

_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
_DAYS = "SUN MON TUE WED THU FRI SAT".split()
# Name, lowest and highest number, names of the numbers.
_FIELDS: tuple[tuple[str, int, int, list[str]], ...] = (
    ("second", 0, 59, []),
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day of the month", 1, 31, []),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_EXAMPLE = "write, e.g., '0 30 2 * * *' for every day at 2:30"


def check_schedule(expression: str) -> None:
    """Checks a cron expression.

    Kubeflow reads five fields as well, but not as cron does: it takes the first one for
    the second, so that '30 2 * * *' would start a run every hour.

    Args:
      expression: second, minute, hour, day of the month, month, day of the week.

    Raises:
      ValueError: it does not have six fields, or one of them is not valid.
    """
    texts = expression.split()
    if len(texts) != len(_FIELDS):
        raise ValueError(
            "`schedule` must have six fields (second, minute, hour, day of the month,"
            f" month, day of the week); got {expression!r}; {_EXAMPLE}."
        )
    for text, (name, low, high, words) in zip(texts, _FIELDS):
        for part in text.split(","):
            if not _is_valid(part, low, high, words):
                raise ValueError(
                    f"`schedule` has {part!r} as the {name}, which is a number from"
                    f" {low} to {high}, a range or *; got {expression!r}; {_EXAMPLE}."
                )


def _is_valid(part: str, low: int, high: int, words: list[str]) -> bool:
    match = re.fullmatch(r"(\*|\?|(\w+)(?:-(\w+))?)(?:/(\d+))?", part)
    if not match or (match[4] is not None and int(match[4]) < 1):
        return False
    if match[2] is None:
        return True
    first = _number(match[2], low, words)
    last = first if match[3] is None else _number(match[3], low, words)
    return first is not None and last is not None and low <= first <= last <= high


def _number(text: str, low: int, words: list[str]) -> int | None:
    if text.upper() in words:
        return low + words.index(text.upper())
    return int(text) if re.fullmatch(r"[0-9]{1,2}", text) else None
